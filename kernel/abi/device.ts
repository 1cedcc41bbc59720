// The numbers of the devices we have (Documentation/admin-guide/devices.txt), and the short form of a device number.

import { major, minor } from "./stat.ts";

/** The 32-bit form of stat's fields in /proc/PID/stat (tty_nr): minor low 8, major 12, minor high 12. */
export function encodeDev32(dev: number): number {
  const m = minor(dev);
  return ((m & 0xff) | (major(dev) << 8) | ((m & 0xfff00) << 12)) >>> 0;
}

export const MEM_MAJOR = 1;
export const MEM_NULL = 3,
  MEM_PORT = 4,
  MEM_ZERO = 5,
  MEM_FULL = 7,
  MEM_RANDOM = 8,
  MEM_URANDOM = 9,
  MEM_KMSG = 11;
export const TTY_MAJOR = 4;
export const TTYAUX_MAJOR = 5;
export const TTYAUX_TTY = 0, TTYAUX_CONSOLE = 1, TTYAUX_PTMX = 2;
export const MISC_MAJOR = 10;
export const PTY_SLAVE_MAJOR = 136;
