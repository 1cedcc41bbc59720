// What is a terminal? Settings, window size, its session and foreground process group, and the queue of those who wait.
// The line discipline does the work on bytes; a driver (console or pty) is below; open files (tty_file.ts) are above.

import { TIOCPKT_DOSTOP, TIOCPKT_IOCTL, TIOCPKT_NOSTOP, type TtyDriver, type TtyKernel } from "./driver.ts";
import { LineDiscipline, type LineEvents } from "./ldisc.ts";
import { EXTPROC, IXON, Termios, VSTART, VSTOP } from "./termios.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../fs/vfs/open_file.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import type { Session } from "../task/process.ts";

export interface WindowSize {
  rows: number;
  columns: number;
  xpixel: number;
  ypixel: number;
}

const SIGHUP = 1, SIGCONT = 18, SIGWINCH = 28;
/** Typed bytes kept for a line discipline whose buffer is full. */
const INPUT_LIMIT = 65536;

export class Tty implements LineEvents {
  readonly termios: Termios;
  readonly size: WindowSize = { rows: 0, columns: 0, xpixel: 0, ypixel: 0 };
  readonly discipline: LineDiscipline;
  readonly queue = new WaitQueue();
  /** The session whose controlling terminal this is. */
  session: Session | undefined;
  /** 0: none. */
  foregroundPgid = 0;
  /** TIOCEXCL: no further open. */
  exclusive = false;
  /** Open files of the terminal side that were not hung up. */
  readonly files = new Set<{ hungUp: boolean }>();
  /** Settings of the pty's driver kept over closes: none; the console's last for the instance's life. */
  #input: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #inputStart = 0;

  constructor(readonly driver: TtyDriver, readonly kernel: TtyKernel, termios = new Termios()) {
    this.termios = termios;
    this.discipline = new LineDiscipline(driver, termios, this);
  }

  get name(): string {
    return this.driver.name;
  }

  // LineEvents
  signal(signo: number): void {
    if (this.foregroundPgid !== 0) this.kernel.signalGroup(this.foregroundPgid, signo);
  }

  readable(): void {
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  writable(): void {
    this.queue.wake(POLLOUT | POLLWRNORM);
  }

  /** The driver takes output again. */
  outputReady(): void {
    this.discipline.output.flushEcho();
    this.writable();
  }

  /** How many typed bytes input() would take now. */
  inputRoom(): number {
    return INPUT_LIMIT - (this.#input.length - this.#inputStart);
  }

  /** Bytes typed on the terminal. What the line discipline has no room for waits; beyond inputRoom() it is lost. */
  input(bytes: Uint8Array): void {
    if (this.#input.length > this.#inputStart) {
      const rest = this.#input.subarray(this.#inputStart);
      const n = Math.min(bytes.length, INPUT_LIMIT - rest.length);
      const joined = new Uint8Array(rest.length + n);
      joined.set(rest);
      joined.set(bytes.subarray(0, n), rest.length);
      this.#input = joined;
      this.#inputStart = 0;
      return this.pump();
    }
    const taken = this.discipline.receive(bytes, 0, bytes.length);
    if (taken < bytes.length) {
      this.#input = bytes.slice(taken, taken + INPUT_LIMIT);
      this.#inputStart = 0;
    }
  }

  /** Typed bytes that wait for room. */
  get inputWaiting(): number {
    return this.#input.length - this.#inputStart;
  }

  /** Moves waiting input on: after reads and changed settings. */
  pump(): void {
    if (this.inputWaiting > 0) {
      this.#inputStart += this.discipline.receive(this.#input, this.#inputStart, this.inputWaiting);
      if (this.inputWaiting === 0) {
        this.#input = new Uint8Array(0);
        this.#inputStart = 0;
      }
    }
    if (this.inputWaiting === 0) this.driver.unthrottle?.();
  }

  flushInput(): void {
    this.#input = new Uint8Array(0);
    this.#inputStart = 0;
    this.discipline.flushInput();
    this.driver.unthrottle?.();
  }

  flushOutput(): void {
    this.discipline.output.dropEcho();
    this.driver.flush?.();
    this.writable();
  }

  setTermios(next: Termios): void {
    const old = this.termios.clone();
    this.termios.assign(next);
    this.discipline.settingsChanged(old);
    const packet = this.driver.packet;
    if (packet !== undefined) {
      const flows = (t: Termios) => (t.iflag & IXON) !== 0 && t.cc[VSTOP] === 19 && t.cc[VSTART] === 17;
      if (flows(old) !== flows(next)) packet.call(this.driver, flows(next) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
      if (((old.lflag | next.lflag) & EXTPROC) !== 0) packet.call(this.driver, TIOCPKT_IOCTL);
    }
    this.pump();
    this.queue.wake();
  }

  /** TIOCSWINSZ and the host's window. */
  resize(rows: number, columns: number, xpixel: number, ypixel: number): void {
    const size = this.size;
    if (
      size.rows === rows && size.columns === columns && size.xpixel === xpixel && size.ypixel === ypixel
    ) return;
    size.rows = rows;
    size.columns = columns;
    size.xpixel = xpixel;
    size.ypixel = ypixel;
    this.signal(SIGWINCH);
    this.driver.resized?.();
  }

  /** Makes this the controlling terminal of a session; its leader's group is in the foreground. */
  attach(session: Session, pgid: number): void {
    this.detach();
    this.session = session;
    session.tty = this;
    this.foregroundPgid = pgid;
  }

  /** The session loses its controlling terminal. */
  detach(): void {
    if (this.session !== undefined) this.session.tty = undefined;
    this.session = undefined;
    this.foregroundPgid = 0;
  }

  /** The line is gone: open files read end of file and fail to write, the session is told. */
  hangup(): void {
    for (const file of this.files) file.hungUp = true;
    this.files.clear();
    const { session, foregroundPgid } = this;
    this.detach();
    if (session !== undefined) {
      this.kernel.signalGroup(session.sid, SIGHUP);
      this.kernel.signalGroup(session.sid, SIGCONT);
    }
    if (foregroundPgid !== 0 && foregroundPgid !== session?.sid) {
      this.kernel.signalGroup(foregroundPgid, SIGHUP);
      this.kernel.signalGroup(foregroundPgid, SIGCONT);
    }
    this.flushInput();
    this.queue.wake(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP);
  }
}
