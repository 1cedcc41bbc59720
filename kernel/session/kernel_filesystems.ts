// Mounts what the kernel itself provides: /proc, /sys, /dev with /dev/pts and /dev/shm; and connects device nodes with
// their drivers.

import { createDevfs } from "../../fs/devfs.ts";
import { CharDevices } from "../../fs/devices.ts";
import { DevPts } from "../../fs/devpts.ts";
import { registerMemDevices } from "../../fs/mem_devices.ts";
import { ProcFs } from "../../fs/procfs/procfs.ts";
import { Sysfs } from "../../fs/sysfs.ts";
import { Tmpfs } from "../../fs/tmpfs.ts";
import { type FileSystem, Inode } from "../../fs/vfs/inode.ts";
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RELATIME } from "../../fs/vfs/mount.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { ENXIO } from "../abi/errno.ts";
import {
  PTY_SLAVE_MAJOR,
  TTY_MAJOR,
  TTYAUX_CONSOLE,
  TTYAUX_MAJOR,
  TTYAUX_PTMX,
  TTYAUX_TTY,
} from "../abi/device.ts";
import { S_IFDIR } from "../abi/stat.ts";
import { decodeName, encodeName } from "../abi/text.ts";
import { frames } from "../mm/frames.ts";
import { openTerminal } from "../tty/devices.ts";
import { fixedTerminals, ptys } from "../tty/pty.ts";
import type { Instance } from "./instance.ts";
import { InstanceProcSource } from "./proc_source.ts";

/** st_dev of each: anonymous device numbers (0:N) as the kernel gives them out. */
const DEV_PROC = 0x15, DEV_SYS = 0x16, DEV_DEV = 6, DEV_PTS = 0x18, DEV_SHM = 0x19;
const PTY_MAJORS = 8;

export interface KernelFileSystems {
  readonly devices: CharDevices;
  readonly proc: ProcFs;
  /** For Vfs.openSpecial: opens character devices; -ENXIO for other special files. */
  openDevice(inode: Inode, flags: number): OpenFile | number;
}

/** Makes and mounts them all. Mount points that the root lacks are made (in the overlay, when the root is one). */
export function mountKernelFileSystems(instance: Instance): KernelFileSystems {
  const { vfs, clock } = instance;
  const now = () => clock.realtime();
  const devices = new CharDevices();
  registerMemDevices(devices, frames);
  const terminal = (inode: Inode, flags: number, major: number, minor: number) =>
    openTerminal(major, minor, flags, inode) ?? -ENXIO;
  devices.register(TTY_MAJOR, undefined, "tty", terminal);
  devices.register(TTYAUX_MAJOR, TTYAUX_TTY, "/dev/tty", terminal);
  devices.register(TTYAUX_MAJOR, TTYAUX_CONSOLE, "/dev/console", terminal);
  devices.register(TTYAUX_MAJOR, TTYAUX_PTMX, "/dev/ptmx", terminal);
  for (let i = 0; i < PTY_MAJORS; i++) devices.register(PTY_SLAVE_MAJOR + i, undefined, "pts", terminal);

  const proc = new ProcFs(new InstanceProcSource(instance, devices), DEV_PROC);
  const sys = new Sysfs({
    dev: DEV_SYS,
    cpuCount: proc.source.cpuCount,
    memoryBytes: frames.total * 4096,
    now,
    encode: encodeName,
    decode: decodeName,
  });
  mount(instance, proc, "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME);
  mount(instance, sys, "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME);
  const dev = createDevfs(frames, { dev: DEV_DEV, now });
  mount(instance, dev, "dev", "udev", MS_NOSUID | MS_RELATIME);
  const pts = new DevPts({ indices: terminalIndices, get: terminalNode }, DEV_PTS);
  vfs.mount(pts, "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC | MS_RELATIME);
  const shm = new Tmpfs(frames, { dev: DEV_SHM, now });
  vfs.mount(shm, "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV);
  return { devices, proc, openDevice: (inode, flags) => devices.open(inode, flags) };
}

function mount(instance: Instance, fs: FileSystem, name: string, source: string, flags: number): void {
  const root = instance.vfs.rootMount.fs.root;
  if (!(root.lookup(name) instanceof Inode)) root.create(name, { mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
  instance.vfs.mount(fs, `/${name}`, source, flags);
}

function terminalIndices(): Iterable<number> {
  return new Set([...ptys.keys(), ...fixedTerminals.keys()]);
}

interface FixedNode {
  mode: number;
  uid: number;
  gid: number;
  readonly createdMs: number;
}
const fixedNodes = new WeakMap<object, FixedNode>();

function terminalNode(index: number): FixedNode | undefined {
  const pty = ptys.get(index);
  if (pty !== undefined) return pty;
  const tty = fixedTerminals.get(index);
  if (tty === undefined) return undefined;
  let node = fixedNodes.get(tty);
  if (node === undefined) fixedNodes.set(tty, node = { mode: 0o620, uid: 0, gid: 5, createdMs: Date.now() });
  return node;
}
