// What happens to a key? The terminal's line discipline (N_TTY): input mapping, signals, flow control, line editing, echo.

import { TIOCPKT_START, TIOCPKT_STOP, type TtyDriver } from "./driver.ts";
import { erase } from "./erase.ts";
import { LINE_BUFFER, LineBuffer } from "./line.ts";
import { Output } from "./output.ts";
import * as T from "./termios.ts";
import type { Termios } from "./termios.ts";

const NL = 10, CR = 13, BS = 8, CARET = 94;
const SIGINT = 2, SIGQUIT = 3, SIGTSTP = 20;
/** VMIN and VTIME in canonical mode and for control characters: 0 means "none". */
const DISABLED = 0;

/** What the line discipline asks of its terminal. */
export interface LineEvents {
  /** Sends a signal to the foreground process group. */
  signal(signo: number): void;
  /** Something became readable. */
  readable(): void;
  /** Output was flushed or may go on. */
  writable(): void;
}

export class LineDiscipline {
  readonly line = new LineBuffer();
  readonly output: Output;
  /** The next key is taken literally. */
  #literal = false;
  /** ECHOPRT: between \ and / . */
  #erasing = false;
  /** IXOFF has sent VSTOP. */
  #throttled = false;

  constructor(readonly driver: TtyDriver, readonly termios: Termios, readonly events: LineEvents) {
    this.output = new Output(driver, termios);
  }

  #on(flag: number): boolean {
    return (this.termios.lflag & flag) !== 0;
  }

  get canonical(): boolean {
    return (this.termios.lflag & T.ICANON) !== 0 && (this.termios.lflag & T.EXTPROC) === 0;
  }

  /** Takes typed bytes; how many it had room for. */
  receive(bytes: Uint8Array, offset: number, length: number): number {
    const line = this.line;
    for (let i = 0; i < length; i++) {
      let room = LINE_BUFFER - line.count;
      if ((this.termios.iflag & T.PARMRK) !== 0) room = Math.ceil(room / 3);
      if (room <= 1) {
        // A full line without an end: the last byte is overwritten, so that a newline still gets in.
        if (!this.canonical || line.canon !== line.tail) {
          this.#commit();
          return i;
        }
        if (room <= 0) line.head--;
      }
      this.#key(bytes[offset + i]);
    }
    this.#commit();
    return length;
  }

  #commit(): void {
    this.output.flushEcho();
    if (!this.canonical && this.line.count > 0) this.events.readable();
    if ((this.termios.iflag & T.IXOFF) !== 0 && !this.#throttled && this.line.count > LINE_BUFFER - 128) {
      this.#throttled = true;
      this.#sendNow(this.termios.cc[T.VSTOP]);
    }
  }

  #sendNow(c: number): void {
    if (c !== DISABLED && this.driver.room() > 0) this.driver.write(Uint8Array.of(c), 0, 1);
  }

  /** Bytes were read. */
  drained(): void {
    if (!this.#throttled || this.line.count > 128) return;
    this.#throttled = false;
    this.#sendNow(this.termios.cc[T.VSTART]);
  }

  #key(c: number): void {
    const { iflag, cc } = this.termios;
    const { output, line } = this;
    if ((iflag & T.ISTRIP) !== 0) c &= 0x7f;
    if ((iflag & T.IUCLC) !== 0 && this.#on(T.IEXTEN) && c >= 65 && c <= 90) c += 32;
    if (this.#on(T.EXTPROC)) return line.put(c);
    if (this.#literal) {
      this.#literal = false;
      this.#resumeOnAny();
      return this.#store(c);
    }
    if ((iflag & T.IXON) !== 0 && c !== DISABLED) {
      if (c === cc[T.VSTART]) return this.start();
      if (c === cc[T.VSTOP]) return this.stop();
    }
    if (this.#on(T.ISIG) && c !== DISABLED) {
      const signo = c === cc[T.VINTR]
        ? SIGINT
        : c === cc[T.VQUIT]
        ? SIGQUIT
        : c === cc[T.VSUSP]
        ? SIGTSTP
        : 0;
      if (signo !== 0) return this.#signalKey(signo, c);
    }
    this.#resumeOnAny();
    const typed = c;
    if (c === CR) {
      if ((iflag & T.IGNCR) !== 0) return;
      if ((iflag & T.ICRNL) !== 0) c = NL;
    } else if (c === NL && (iflag & T.INLCR) !== 0) c = CR;
    if (this.#on(T.ICANON) && this.#editKey(c, cc)) return;
    if (this.#on(T.ECHO) && c === NL && typed === CR) {
      this.#finishErasing();
      output.echoRaw(NL);
      this.#put(c);
    } else this.#store(c);
  }

  /** VERASE, VKILL, VEOF … of canonical mode; true when `c` was one. */
  #editKey(c: number, cc: Uint8Array): boolean {
    const { output, line } = this;
    const extended = this.#on(T.IEXTEN), echo = this.#on(T.ECHO);
    if (c === NL) {
      if (echo || this.#on(T.ECHONL)) output.echoRaw(NL);
      return this.#endLine(c, false);
    }
    if (c === DISABLED) return false;
    if (c === cc[T.VERASE] || c === cc[T.VKILL] || (c === cc[T.VWERASE] && extended)) {
      this.#erasing = erase(line, output, this.termios, c, this.#erasing);
      return true;
    }
    if (c === cc[T.VLNEXT] && extended) {
      this.#literal = true;
      if (echo) {
        this.#finishErasing();
        if (this.#on(T.ECHOCTL)) {
          output.echoRaw(CARET);
          output.echoRaw(BS);
        }
      }
      return true;
    }
    if (c === cc[T.VREPRINT] && echo && extended) {
      this.#finishErasing();
      output.echo(c);
      output.echoRaw(NL);
      for (let i = line.canon; i < line.head; i++) output.echo(line.at(i));
      return true;
    }
    if (c === cc[T.VEOF]) return this.#endLine(0, true);
    if (c === cc[T.VEOL] || (c === cc[T.VEOL2] && extended)) {
      if (echo) {
        if (line.canon === line.head) output.echoSetCanonColumn();
        output.echo(c);
      }
      return this.#endLine(c, false);
    }
    return false;
  }

  #endLine(c: number, endOfFile: boolean): true {
    this.line.endLine(c, endOfFile);
    this.output.flushEcho();
    this.events.readable();
    return true;
  }

  /** An ordinary byte: echoed and kept. */
  #store(c: number): void {
    if (this.#on(T.ECHO)) {
      this.#finishErasing();
      if (this.line.canon === this.line.head) this.output.echoSetCanonColumn();
      this.output.echo(c);
    }
    this.#put(c);
  }

  #put(c: number): void {
    if (c === 0xff && (this.termios.iflag & (T.PARMRK | T.ISTRIP)) === T.PARMRK) this.line.put(c);
    this.line.put(c);
  }

  #finishErasing(): void {
    if (!this.#erasing) return;
    this.#erasing = false;
    this.output.echoRaw(0x2f);
  }

  #signalKey(signo: number, c: number): void {
    if (!this.#on(T.NOFLSH)) {
      this.output.dropEcho();
      this.driver.flush?.();
      this.flushInput();
    }
    this.events.signal(signo);
    if ((this.termios.iflag & T.IXON) !== 0) this.start();
    if (this.#on(T.ECHO)) this.output.echo(c);
    this.output.flushEcho();
  }

  #resumeOnAny(): void {
    if (this.output.stopped && (this.termios.iflag & (T.IXON | T.IXANY)) === (T.IXON | T.IXANY)) this.start();
  }

  stop(): void {
    if (this.output.stopped) return;
    this.output.stopped = true;
    this.driver.packet?.(TIOCPKT_STOP);
  }

  start(): void {
    if (this.output.stopped) {
      this.output.stopped = false;
      this.driver.packet?.(TIOCPKT_START);
      this.events.writable();
    }
    this.output.flushEcho();
  }

  flushInput(): void {
    this.line.clear();
    this.#literal = false;
    this.#erasing = false;
  }

  /** The settings have changed from `old`. */
  settingsChanged(old: Termios): void {
    if (((old.lflag ^ this.termios.lflag) & (T.ICANON | T.EXTPROC)) !== 0) {
      this.line.modeChanged(this.canonical);
      this.#literal = false;
      this.#erasing = false;
      if (this.available(1)) this.events.readable();
    }
    // Without IXON nobody could start the output again.
    if ((old.iflag & T.IXON) !== 0 && (this.termios.iflag & T.IXON) === 0) this.start();
  }

  /** Whether a read would return: a complete line, or `minimum` bytes in raw mode. */
  available(minimum: number): boolean {
    return this.canonical ? this.line.canon !== this.line.tail : this.line.count >= minimum;
  }

  /** Only when available. */
  read(buffer: Uint8Array, offset: number, length: number): number {
    const n = this.canonical
      ? this.line.readLine(buffer, offset, length)
      : this.line.readRaw(buffer, offset, length);
    this.drained();
    return n;
  }

  /** FIONREAD. */
  readableBytes(): number {
    return this.canonical ? this.line.canonicalCount() : this.line.count;
  }
}
