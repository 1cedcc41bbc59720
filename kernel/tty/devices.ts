// Which terminal is behind a device number? /dev/tty, /dev/console, /dev/ptmx, /dev/pts/N, for devfs and devpts.

import { EIO, ENXIO } from "../abi/errno.ts";
import type { CharDevices, DeviceOpen } from "../../fs/devices.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { current } from "../task/current.ts";
import { openPtmx, openPts } from "./pty.ts";
import { Tty } from "./tty.ts";
import { openTtyFile } from "./tty_file.ts";

/** O_CREAT, O_EXCL, O_TRUNC and O_CLOEXEC are not kept; O_NOCTTY is needed here. */
const OPENING_ONLY = 0o100 | 0o200 | 0o1000 | 0o2000000;

let consoleTty: Tty | undefined;

/** Makes `tty` what /dev/console is. */
export function setConsole(tty: Tty | undefined): void {
  consoleTty = tty;
}

/**
 * Opens the character device `major`:`minor` if it is a terminal's (majors 4, 5, 136–143); undefined for other devices.
 * `inode` is the device node, for fstat.
 */
export function openTerminal(
  major: number,
  minor: number,
  flags: number,
  inode?: Inode,
): OpenFile | number | undefined {
  flags &= ~OPENING_ONLY;
  if (major >= 136 && major <= 143) return openPts((major - 136) * 256 + minor, flags, inode);
  if (major === 5 && minor === 2) return openPtmx(flags, inode);
  if (major === 5 && minor === 0) {
    const tty = current.task?.process.session.tty;
    return tty instanceof Tty ? openTtyFile(tty, flags, inode) : -ENXIO;
  }
  if (major === 5 && minor === 1) {
    return consoleTty === undefined ? -EIO : openTtyFile(consoleTty, flags, inode);
  }
  if (major === 4) {
    return consoleTty !== undefined && consoleTty.driver.rdev === minor + 4 * 256
      ? openTtyFile(consoleTty, flags, inode)
      : -ENXIO;
  }
  return undefined;
}

/** Makes the terminals' device numbers known. */
export function registerTerminals(devices: CharDevices): void {
  const open: DeviceOpen = (inode, flags, major, minor) => openTerminal(major, minor, flags, inode) ?? -ENXIO;
  for (const minor of [0, 1, 2]) devices.register(5, minor, "/dev/tty", open);
  devices.register(4, undefined, "tty", open);
  for (let major = 136; major <= 143; major++) devices.register(major, undefined, "pts", open);
}
