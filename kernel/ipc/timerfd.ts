// What is a timerfd? A timer whose expirations are read as a number.

import { EAGAIN, EINVAL } from "../abi/errno.ts";
import { OpenFile, POLLIN, POLLRDNORM } from "../../fs/vfs/open_file.ts";
import type { Instance } from "../session/instance.ts";
import { Timer } from "../time/timer_queue.ts";
import { anonInode } from "./anon_inode.ts";

export const TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2;
const CLOCK_REALTIME = 0, CLOCK_REALTIME_ALARM = 8;

export class TimerFd extends OpenFile {
  override readonly inode = anonInode;
  readonly clock: number;
  readonly #instance: Instance;
  readonly #timer: Timer;
  #intervalNs = 0;
  /** Expirations since the last read, without those since `#deadlineNs`. */
  #ticks = 0;
  #settimeFlags = 0;

  constructor(instance: Instance, clock: number, flags: number) {
    super(flags);
    this.clock = clock;
    this.#instance = instance;
    this.#timer = new Timer(() => this.#expired());
  }

  override label(): string {
    return "anon_inode:[timerfd]";
  }

  override get pollable(): boolean {
    return true;
  }

  get #timers() {
    return this.#instance.scheduler.timers;
  }

  #lastDeadlineNs = 0;

  #expired(): void {
    const now = this.#instance.clock.monotonicNs();
    this.#ticks++;
    let next = this.#lastDeadlineNs + this.#intervalNs;
    if (this.#intervalNs > 0) {
      // A late look counts all the intervals that have passed.
      const missed = Math.max(0, Math.floor((now - next) / this.#intervalNs) + 1);
      if (now >= next) {
        this.#ticks += missed;
        next += missed * this.#intervalNs;
      }
      this.#lastDeadlineNs = next;
      this.#timers.arm(this.#timer, next);
    }
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  /** timerfd_settime; the first expiration as seconds and ns of the timer's clock. All zero disarms. */
  set(flags: number, sec: number, nsec: number, intervalNs: number): void {
    const { clock } = this.#instance;
    this.#ticks = 0;
    this.#settimeFlags = flags;
    this.#intervalNs = intervalNs;
    if (sec === 0 && nsec === 0) {
      this.#timers.cancel(this.#timer);
      return;
    }
    const wall = this.clock === CLOCK_REALTIME || this.clock === CLOCK_REALTIME_ALARM;
    let deadlineNs: number;
    if ((flags & TFD_TIMER_ABSTIME) === 0) deadlineNs = clock.monotonicNs() + sec * 1e9 + nsec;
    else deadlineNs = wall ? clock.monotonicOf(sec, nsec) : sec * 1e9 + nsec;
    this.#lastDeadlineNs = deadlineNs;
    this.#timers.arm(this.#timer, deadlineNs);
  }

  /** Time to the next expiration (0: disarmed) and the interval, in ns. */
  remaining(): { valueNs: number; intervalNs: number } {
    if (!this.#timer.armed) return { valueNs: 0, intervalNs: this.#intervalNs };
    const left = this.#timer.deadlineNs - this.#instance.clock.monotonicNs();
    return { valueNs: Math.max(1, left), intervalNs: this.#intervalNs };
  }

  #look(): void {
    if (this.#timer.armed && this.#timer.deadlineNs <= this.#instance.clock.monotonicNs()) {
      this.#timers.cancel(this.#timer);
      this.#expired();
    }
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    if (length < 8) return -EINVAL;
    this.#look();
    if (this.#ticks === 0) return -EAGAIN;
    const view = new DataView(buffer.buffer, buffer.byteOffset + offset, 8);
    view.setUint32(0, this.#ticks >>> 0, true);
    view.setUint32(4, Math.floor(this.#ticks / 0x1_0000_0000), true);
    this.#ticks = 0;
    return 8;
  }

  override poll(): number {
    this.#look();
    return this.#ticks > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override close(): void {
    this.#timers.cancel(this.#timer);
  }

  override fdinfo(): string {
    const { valueNs, intervalNs } = this.remaining();
    const pair = (ns: number) => `(${Math.floor(ns / 1e9)}, ${ns % 1e9})`;
    return `clockid: ${this.clock}\nticks: ${this.#ticks}\nsettime flags: 0${
      this.#settimeFlags.toString(8)
    }\n` +
      `it_value: ${pair(valueNs)}\nit_interval: ${pair(intervalNs)}\n`;
  }
}
