// Which driver is behind a device node? Character devices are found by number, whichever file system the node lies on.

import { ENXIO } from "../kernel/abi/errno.ts";
import { major, minor, S_IFCHR, S_IFMT } from "../kernel/abi/stat.ts";
import type { Inode } from "./vfs/inode.ts";
import type { OpenFile } from "./vfs/open_file.ts";

/** Opens a device; `inode` is the node that was opened, for fstat. */
export type DeviceOpen = (inode: Inode, flags: number, major: number, minor: number) => OpenFile | number;

export class CharDevices {
  readonly #drivers = new Map<string, DeviceOpen>();
  readonly #names = new Map<number, string>();

  /** A driver for one minor number, or for all of a major number that have none of their own (`minor` undefined). */
  register(majorNumber: number, minorNumber: number | undefined, name: string, open: DeviceOpen): void {
    this.#drivers.set(key(majorNumber, minorNumber), open);
    if (!this.#names.has(majorNumber)) this.#names.set(majorNumber, name);
  }

  /** For /proc/devices, by number. */
  list(): { major: number; name: string }[] {
    return [...this.#names].sort(([a], [b]) => a - b).map(([number, name]) => ({ major: number, name }));
  }

  /** open(2) of a device node; -ENXIO where there is no such device (block devices: none). */
  open(inode: Inode, flags: number): OpenFile | number {
    if ((inode.mode & S_IFMT) !== S_IFCHR) return -ENXIO;
    const { rdev } = inode.stat();
    const majorNumber = major(rdev), minorNumber = minor(rdev);
    const open = this.#drivers.get(key(majorNumber, minorNumber)) ??
      this.#drivers.get(key(majorNumber, undefined));
    return open === undefined ? -ENXIO : open(inode, flags, majorNumber, minorNumber);
  }
}

function key(majorNumber: number, minorNumber: number | undefined): string {
  return `${majorNumber}:${minorNumber ?? "*"}`;
}
