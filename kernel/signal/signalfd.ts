// signalfd: pending signals of the reader as a file.

import type { Inode } from "../../fs/vfs/inode.ts";
import { OpenFile, POLLIN, POLLRDNORM } from "../../fs/vfs/open_file.ts";
import { EAGAIN, EINVAL } from "../abi/errno.ts";
import { anonInode } from "../ipc/anon_inode.ts";
import { current } from "../task/current.ts";
import { takeSignal } from "./take.ts";
import { siginfoLayout, type SignalInfo } from "./info.ts";
import { UNBLOCKABLE } from "./numbers.ts";
import { recalcPending, signalWatchers } from "./send.ts";

const RECORD_BYTES = 128;

export class SignalFd extends OpenFile {
  /** Signals it takes. */
  low = 0;
  high = 0;

  constructor(flags: number, low: number, high: number) {
    super(flags);
    this.setMask(low, high);
    signalWatchers.add(this.queue);
  }

  setMask(low: number, high: number): void {
    this.low = low & ~UNBLOCKABLE;
    this.high = high;
    this.queue.wake();
  }

  get inode(): Inode {
    return anonInode;
  }
  override label(): string {
    return "anon_inode:[signalfd]";
  }
  override get pollable(): boolean {
    return true;
  }
  override close(): void {
    signalWatchers.delete(this.queue);
  }

  /** What is pending for the task that asks. */
  override poll(): number {
    const { task } = current;
    if (task === undefined) return 0;
    const own = task.pending, shared = task.process.pending;
    const any = ((own.low | shared.low) & this.low) | ((own.high | shared.high) & this.high);
    return any !== 0 ? POLLIN | POLLRDNORM : 0;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const { task } = current;
    if (task === undefined || length < RECORD_BYTES) return -EINVAL;
    let done = 0;
    while (done + RECORD_BYTES <= length) {
      const info = takeSignal(task, ~this.low, ~this.high);
      if (info === undefined) break;
      encode(info, buffer, offset + done);
      done += RECORD_BYTES;
    }
    if (done > 0) recalcPending(task);
    return done === 0 ? -EAGAIN : done;
  }

  override fdinfo(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return `sigmask:\t${hex(this.high)}${hex(this.low)}\n`;
  }
}

/** struct signalfd_siginfo. */
function encode(info: SignalInfo, buffer: Uint8Array, offset: number): void {
  buffer.fill(0, offset, offset + RECORD_BYTES);
  const view = new DataView(buffer.buffer, buffer.byteOffset + offset, RECORD_BYTES);
  view.setUint32(0, info.signo, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  switch (siginfoLayout(info.signo, info.code)) {
    case "kill":
      view.setUint32(12, info.pid, true);
      view.setUint32(16, info.uid, true);
      break;
    case "rt":
      view.setUint32(12, info.pid, true);
      view.setUint32(16, info.uid, true);
      view.setInt32(44, info.value ?? 0, true);
      view.setInt32(48, info.value ?? 0, true);
      view.setInt32(52, info.valueHigh ?? 0, true);
      break;
    case "poll":
      view.setInt32(20, info.fd ?? 0, true);
      view.setUint32(28, info.band ?? 0, true);
      break;
    case "timer":
      view.setUint32(24, info.timerId ?? 0, true);
      view.setUint32(32, info.overrun ?? 0, true);
      view.setInt32(44, info.value ?? 0, true);
      view.setInt32(48, info.value ?? 0, true);
      view.setInt32(52, info.valueHigh ?? 0, true);
      break;
    case "child":
      view.setUint32(12, info.pid, true);
      view.setUint32(16, info.uid, true);
      view.setInt32(40, info.status ?? 0, true);
      view.setUint32(56, info.utime ?? 0, true);
      view.setUint32(64, info.stime ?? 0, true);
      break;
    case "fault":
    case "sys":
      view.setUint32(72, (info.addr ?? 0) >>> 0, true);
      view.setUint32(76, Math.floor((info.addr ?? 0) / 0x1_0000_0000) >>> 0, true);
      break;
  }
}
