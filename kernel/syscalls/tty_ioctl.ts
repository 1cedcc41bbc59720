// What do the ioctls of terminals do? Settings, window size, job control, flushing, and those of pty masters.

import { EINVAL, EIO, ENOTTY, EPERM, ESRCH } from "../abi/errno.ts";
import type { IoctlCaller } from "../../fs/vfs/open_file.ts";
import { KERNEL } from "../../fs/vfs/vfs.ts";
import { disassociateTty } from "../task/job_control.ts";
import type { Task } from "../task/task.ts";
import { checkJobControl, isTtyAdmin, setControlling, SIGTTOU } from "../tty/job_control.ts";
import { openPts, type Pty, type PtyMaster } from "../tty/pty.ts";
import { TERMIO_BYTES, TERMIOS2_BYTES, TERMIOS_BYTES, VSTART, VSTOP } from "../tty/termios.ts";
import type { Tty } from "../tty/tty.ts";
import type { TtyFile } from "../tty/tty_file.ts";

const TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404, TCGETA = 0x5405, TCSETA = 0x5406;
const TCSETAW = 0x5407,
  TCSETAF = 0x5408,
  TCSBRK = 0x5409,
  TCXONC = 0x540a,
  TCFLSH = 0x540b,
  TIOCEXCL = 0x540c;
const TIOCNXCL = 0x540d, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410, TIOCOUTQ = 0x5411;
const TIOCSTI = 0x5412, TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, TIOCMGET = 0x5415, FIONREAD = 0x541b;
const TIOCPKT = 0x5420, TIOCNOTTY = 0x5422, TIOCSETD = 0x5423, TIOCGETD = 0x5424, TCSBRKP = 0x5425;
const TIOCSBRK = 0x5427, TIOCCBRK = 0x5428, TIOCGSID = 0x5429;
const TCGETS2 = 0x802c542a, TCSETS2 = 0x402c542b, TCSETSW2 = 0x402c542c, TCSETSF2 = 0x402c542d;
const TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431, TIOCSIG = 0x40045436, TIOCVHANGUP = 0x5437;
const TIOCGPKT = 0x80045438, TIOCGPTLCK = 0x80045439, TIOCGEXCL = 0x80045440, TIOCGPTPEER = 0x5441;
const TCIFLUSH = 0, TCOFLUSH = 1, TCIOFLUSH = 2, TCOOFF = 0, TCOON = 1, TCIOFF = 2, TCION = 3;
const O_CLOEXEC = 0o2000000;

function writeInt(caller: IoctlCaller, address: number, value: number): number {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setInt32(0, value, true);
  caller.write(address, out);
  return 0;
}

function readInt(caller: IoctlCaller, address: number): number {
  const bytes = caller.read(address, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
}

/** ioctl on the terminal side. */
export function ttyIoctl(
  tty: Tty,
  file: TtyFile,
  command: number,
  argument: number,
  caller: IoctlCaller,
): number {
  const task = caller.task as Task;
  command >>>= 0;
  switch (command) {
    case TIOCSCTTY:
      return setControlling(tty, task, argument === 1 && file.readable);
    case TIOCNOTTY: {
      const { session } = task.process;
      if (session.tty !== tty) return -ENOTTY;
      if (session.leader === task.process) disassociateTty(task.instance, session);
      return 0;
    }
    case TIOCGPGRP:
      if (task.process.session.tty !== tty) return -ENOTTY;
      return writeInt(caller, argument, tty.foregroundPgid);
    case TIOCSPGRP:
      return setForeground(tty, task, readInt(caller, argument));
    case TIOCGSID:
      if (task.process.session.tty !== tty || tty.session === undefined) return -ENOTTY;
      return writeInt(caller, argument, tty.session.sid);
    case TIOCSTI: {
      if (task.process.session.tty !== tty && !isTtyAdmin(task)) return -EPERM;
      tty.input(caller.read(argument, 1).slice());
      return 0;
    }
    case TIOCEXCL:
      tty.exclusive = true;
      return 0;
    case TIOCNXCL:
      tty.exclusive = false;
      return 0;
    case TIOCGEXCL:
      return writeInt(caller, argument, tty.exclusive ? 1 : 0);
    case TIOCVHANGUP:
      if (!isTtyAdmin(task)) return -EPERM;
      tty.hangup();
      return 0;
    case TIOCOUTQ:
      return writeInt(caller, argument, tty.driver.pending());
    case FIONREAD:
      tty.driver.inputWanted?.();
      return writeInt(caller, argument, tty.discipline.readableBytes());
    case TIOCGPTN:
    case TIOCSPTLCK:
    case TIOCGPTLCK:
    case TIOCPKT:
    case TIOCGPKT:
    case TIOCGPTPEER:
    case TIOCMGET:
      return -ENOTTY;
  }
  return sharedIoctl(tty, command, argument, caller);
}

/** What acts on the terminal from either side of a pty. */
function sharedIoctl(tty: Tty, command: number, argument: number, caller: IoctlCaller): number {
  switch (command) {
    case TCGETS:
      return getTermios(tty, TERMIOS_BYTES, argument, caller);
    case TCGETS2:
      return getTermios(tty, TERMIOS2_BYTES, argument, caller);
    case TCGETA:
      return getTermios(tty, TERMIO_BYTES, argument, caller);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      return setTermios(tty, TERMIOS_BYTES, command - TCSETS, argument, caller);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
      return setTermios(tty, TERMIOS2_BYTES, command - TCSETS2, argument, caller);
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
      return setTermios(tty, TERMIO_BYTES, command - TCSETA, argument, caller);
    case TIOCGWINSZ: {
      const { rows, columns, xpixel, ypixel } = tty.size;
      caller.write(argument, new Uint8Array(Uint16Array.of(rows, columns, xpixel, ypixel).buffer));
      return 0;
    }
    case TIOCSWINSZ: {
      const bytes = caller.read(argument, 8);
      const at = (i: number) => bytes[i] | (bytes[i + 1] << 8);
      tty.resize(at(0), at(2), at(4), at(6));
      return 0;
    }
    case TCFLSH: {
      const stop = checkJobControl(tty, SIGTTOU);
      return stop !== 0 ? stop : flush(tty, argument);
    }
    case TCXONC: {
      const stop = checkJobControl(tty, SIGTTOU);
      return stop !== 0 ? stop : flow(tty, argument);
    }
    case TCSBRK:
    case TCSBRKP: {
      const stop = checkJobControl(tty, SIGTTOU);
      return stop !== 0 ? stop : command === TCSBRK && argument !== 0 ? drain(tty, caller) : 0;
    }
    case TIOCSBRK:
    case TIOCCBRK:
      return 0;
    case TIOCGETD:
      return writeInt(caller, argument, 0);
    case TIOCSETD:
      return readInt(caller, argument) === 0 ? 0 : -EINVAL;
    default:
      return -ENOTTY;
  }
}

function getTermios(tty: Tty, length: number, argument: number, caller: IoctlCaller): number {
  caller.write(argument, tty.termios.encode(length));
  return 0;
}

/** `how`: 0 at once, 1 when output has drained, 2 also flushing the input. */
function setTermios(tty: Tty, length: number, how: number, argument: number, caller: IoctlCaller): number {
  const stop = checkJobControl(tty, SIGTTOU);
  if (stop !== 0) return stop;
  const next = tty.termios.decode(caller.read(argument, length));
  if (how === 2) tty.flushInput();
  tty.driver.inputWanted?.();
  tty.setTermios(next);
  return 0;
}

/** tcdrain. Output to a pty counts as delivered; a stopped terminal does not hold it up either. */
function drain(_tty: Tty, _caller: IoctlCaller): number {
  return 0;
}

function flush(tty: Tty, what: number): number {
  if (what !== TCIFLUSH && what !== TCOFLUSH && what !== TCIOFLUSH) return -EINVAL;
  if (what !== TCOFLUSH) tty.flushInput();
  if (what !== TCIFLUSH) tty.flushOutput();
  return 0;
}

function flow(tty: Tty, what: number): number {
  switch (what) {
    case TCOOFF:
      tty.discipline.stop();
      return 0;
    case TCOON:
      tty.discipline.start();
      return 0;
    case TCIOFF:
    case TCION: {
      const c = tty.termios.cc[what === TCIOFF ? VSTOP : VSTART];
      if (c !== 0 && tty.driver.room() > 0) tty.driver.write(Uint8Array.of(c), 0, 1);
      return 0;
    }
    default:
      return -EINVAL;
  }
}

/** tcsetpgrp. */
function setForeground(tty: Tty, task: Task, pgid: number): number {
  const stop = checkJobControl(tty, SIGTTOU);
  if (stop === -EIO) return -ENOTTY;
  if (stop !== 0) return stop;
  const { session } = task.process;
  if (session.tty !== tty || tty.session !== session) return -ENOTTY;
  if (pgid < 0) return -EINVAL;
  const group = task.instance.pids.group(pgid);
  if (group === undefined) return -ESRCH;
  for (const member of group) if (member.session !== session) return -EPERM;
  tty.foregroundPgid = pgid;
  return 0;
}

/** ioctl on a pty's master: settings are the terminal side's. */
export function ptyMasterIoctl(
  master: PtyMaster,
  command: number,
  argument: number,
  caller: IoctlCaller,
): number {
  const { pty } = master, { tty } = pty;
  command >>>= 0;
  switch (command) {
    case TIOCGPTN:
      return writeInt(caller, argument, pty.index);
    case TIOCSPTLCK:
      pty.locked = readInt(caller, argument) !== 0;
      return 0;
    case TIOCGPTLCK:
      return writeInt(caller, argument, pty.locked ? 1 : 0);
    case TIOCPKT:
      setPacketMode(pty, readInt(caller, argument) !== 0);
      return 0;
    case TIOCGPKT:
      return writeInt(caller, argument, pty.packetMode ? 1 : 0);
    case TIOCGPTPEER:
      return openPeer(pty, argument, caller.task as Task);
    case TIOCSIG:
      if (argument < 1 || argument > 64) return -EINVAL;
      if (tty.foregroundPgid !== 0) tty.kernel.signalGroup(tty.foregroundPgid, argument);
      return 0;
    case TIOCGPGRP:
      return writeInt(caller, argument, tty.foregroundPgid);
    case TIOCSPGRP:
      return setForeground(tty, caller.task as Task, readInt(caller, argument));
    case TIOCGSID:
      return tty.session === undefined ? -ENOTTY : writeInt(caller, argument, tty.session.sid);
    case FIONREAD:
      return writeInt(caller, argument, pty.output.count);
    case TIOCOUTQ:
      return writeInt(caller, argument, tty.inputWaiting);
    case TCFLSH:
      if (argument !== TCOFLUSH) pty.output.drop(pty.output.count);
      if (argument !== TCIFLUSH) tty.flushInput();
      return argument > TCIOFLUSH ? -EINVAL : 0;
    case TIOCSCTTY:
    case TIOCNOTTY:
    case TIOCSTI:
      return -ENOTTY;
  }
  return sharedIoctl(tty, command, argument, caller);
}

function setPacketMode(pty: Pty, on: boolean): void {
  if (on && !pty.packetMode) pty.packetEvents = 0;
  pty.packetMode = on;
}

/** TIOCGPTPEER: the terminal side, whatever leads to its name; works while it is locked. */
function openPeer(pty: Pty, flags: number, task: Task): number {
  const { locked } = pty, { vfs } = task.instance;
  const place = vfs.resolve(vfs.context(), KERNEL, undefined, `/dev/pts/${pty.index}`);
  const path = typeof place === "number" ? undefined : place;
  pty.locked = false;
  const file = openPts(pty.index, flags & ~O_CLOEXEC, path?.dentry.inode);
  pty.locked = locked;
  if (typeof file === "number") return file;
  // ttyname finds it: fstat tells the named node, and /proc/self/fd leads there.
  if (path !== undefined) file.openedAt(path);
  const fd = task.files.install(file, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) file.release();
  return fd;
}
