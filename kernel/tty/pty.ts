// What is a pseudo-terminal? The master side of /dev/ptmx, the terminal side of /dev/pts/N, and which ones live.

import { EAGAIN, EIO, ENXIO } from "../abi/errno.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import {
  type IoctlCaller,
  OpenFile,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDNORM,
  POLLWRNORM,
} from "../../fs/vfs/open_file.ts";
import { AnonFs, AnonInode } from "../ipc/anon_inode.ts";
import { S_IFCHR } from "../ipc/modes.ts";
import { Pipe } from "../ipc/pipe.ts";
import { ptyMasterIoctl } from "../syscalls/tty_ioctl.ts";
import { current } from "../task/current.ts";
import type { TtyDriver, TtyKernel } from "./driver.ts";
import { TIOCPKT_FLUSHREAD, TIOCPKT_FLUSHWRITE } from "./driver.ts";
import { ttyKernel } from "./job_control.ts";
import { Tty } from "./tty.ts";
import { openTtyFile, type TtyFile } from "./tty_file.ts";

/** Output that the master has not read. */
const OUTPUT_BYTES = 16384;
const PTS_MAJOR = 136;
const devFs = new AnonFs("devtmpfs", 6, 0x01021994);

/** st_rdev of a device, as makedev(3) packs it. */
export function makeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8)) + Math.floor(minor / 256) * 0x100000;
}

export class Pty implements TtyDriver {
  readonly name: string;
  readonly rdev: number;
  readonly tty: Tty;
  /** TIOCSPTLCK: the terminal side cannot be opened yet. */
  locked = true;
  /** The terminal side was open once and no longer is. */
  terminalClosed = false;
  masterClosed = false;
  /** Packet mode, and the events not yet told. */
  packetMode = false;
  packetEvents = 0;
  /** Bytes from the terminal side to the master. A ring; nobody opens it as a pipe. */
  readonly output = new Pipe();
  // What devpts shows; changed by chmod and chown there.
  mode = 0o620;
  uid: number;
  gid = 5;
  readonly createdMs = Date.now();

  constructor(readonly index: number, kernel: TtyKernel) {
    this.name = `/dev/pts/${index}`;
    this.rdev = makeDevice(PTS_MAJOR, index);
    this.uid = current.task?.credentials.fsuid ?? 0;
    this.output.capacity = OUTPUT_BYTES;
    this.tty = new Tty(this, kernel);
  }

  room(): number {
    return this.masterClosed ? 65536 : this.output.room;
  }
  write(bytes: Uint8Array, offset: number, length: number): void {
    if (this.masterClosed) return;
    this.output.put(bytes, offset, length);
    this.output.readQueue.wake(POLLIN | POLLRDNORM);
  }
  pending(): number {
    return this.output.count;
  }
  flush(): void {
    this.output.drop(this.output.count);
    this.packet(TIOCPKT_FLUSHWRITE);
  }
  unthrottle(): void {
    this.output.readQueue.wake(POLLOUT | POLLWRNORM);
  }
  packet(bits: number): void {
    if (!this.packetMode) return;
    const opposite = bits & 12 ? 12 : bits & 48 ? 48 : 0;
    this.packetEvents = (this.packetEvents & ~opposite) | bits;
    this.output.readQueue.wake(POLLIN | POLLPRI | POLLRDNORM);
  }
  opened(): void {
    this.terminalClosed = false;
  }
  closed(): void {
    this.terminalClosed = true;
    this.output.readQueue.wake(POLLIN | POLLHUP);
  }
  /** The terminal side's input was flushed. */
  inputFlushed(): void {
    this.packet(TIOCPKT_FLUSHREAD);
  }
}

export class PtyMaster extends OpenFile {
  override readonly inode: Inode;
  override readonly queue;

  constructor(readonly pty: Pty, flags: number, inode?: Inode) {
    super(flags);
    this.inode = inode ?? new AnonInode(devFs, S_IFCHR | 0o666, makeDevice(5, 2));
    this.queue = pty.output.readQueue;
  }

  override label(): string {
    return "/dev/ptmx";
  }

  override get pollable(): boolean {
    return true;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const { pty } = this;
    if (length === 0) return 0;
    if (pty.packetMode && pty.packetEvents !== 0) {
      buffer[offset] = pty.packetEvents;
      pty.packetEvents = 0;
      return 1;
    }
    const { output } = pty;
    if (output.count === 0) return pty.terminalClosed ? -EIO : -EAGAIN;
    if (pty.packetMode) {
      buffer[offset] = 0;
      if (length === 1) return 1;
      return 1 + this.#take(buffer, offset + 1, length - 1);
    }
    return this.#take(buffer, offset, length);
  }

  #take(buffer: Uint8Array, offset: number, length: number): number {
    const { output, tty } = this.pty;
    // As much as one read of the kernel's buffer gives.
    const n = output.peek(buffer, offset, Math.min(length, 4096));
    output.drop(n);
    tty.outputReady();
    return n;
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    const { tty, terminalClosed } = this.pty;
    if (terminalClosed) return -EIO;
    const n = Math.min(length, tty.inputRoom());
    if (n === 0) return length === 0 ? 0 : -EAGAIN;
    tty.input(buffer.slice(offset, offset + n));
    return n;
  }

  override poll(): number {
    const { pty } = this;
    let bits = 0;
    if (pty.output.count > 0) bits |= POLLIN | POLLRDNORM;
    if (pty.packetMode && pty.packetEvents !== 0) bits |= POLLPRI | POLLIN | POLLRDNORM;
    if (pty.terminalClosed) bits |= POLLHUP;
    if (pty.tty.inputRoom() > 0) bits |= POLLOUT | POLLWRNORM;
    return bits;
  }

  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    return ptyMasterIoctl(this, command, argument, caller);
  }

  override close(): void {
    const { pty } = this;
    pty.masterClosed = true;
    ptys.delete(pty.index);
    pty.tty.hangup();
  }
}

/** The pseudo-terminals whose master is open, by number; devpts lists them. */
export const ptys: Map<number, Pty> = new Map();

/** Another terminal with a name in /dev/pts: the console, when the host's terminal is a pty. */
export interface FixedTerminal {
  readonly tty: Tty;
  mode: number;
  uid: number;
  gid: number;
  readonly createdMs: number;
}
export const fixedTerminals: Map<number, FixedTerminal> = new Map();

/** What devpts lists. */
export const ptsSource = {
  indices: (): number[] => [...ptys.keys(), ...fixedTerminals.keys()],
  get: (index: number): Pty | FixedTerminal | undefined => ptys.get(index) ?? fixedTerminals.get(index),
};

/** open("/dev/ptmx"): a new pseudo-terminal's master. */
export function openPtmx(flags: number, inode?: Inode): PtyMaster | number {
  const instance = current.task?.instance;
  if (instance === undefined) return -ENXIO;
  return createPty(flags, ttyKernel(instance), inode);
}

export function createPty(flags: number, kernel: TtyKernel, inode?: Inode): PtyMaster {
  let index = 0;
  while (ptys.has(index) || fixedTerminals.has(index)) index++;
  const pty = new Pty(index, kernel);
  ptys.set(index, pty);
  return new PtyMaster(pty, flags, inode);
}

/** open("/dev/pts/N"). `inode`: devpts's. */
export function openPts(index: number, flags: number, inode?: Inode): TtyFile | number {
  const fixed = fixedTerminals.get(index);
  if (fixed !== undefined) return openTtyFile(fixed.tty, flags, inode);
  const pty = ptys.get(index);
  if (pty === undefined) return -ENXIO;
  if (pty.locked) return -EIO;
  return openTtyFile(pty.tty, flags, inode);
}
