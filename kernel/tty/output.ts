// How do written bytes and echoed keys become bytes for the terminal? Output processing (OPOST), columns, and echo.

import type { TtyDriver } from "./driver.ts";
import {
  ECHOCTL,
  IUTF8,
  OCRNL,
  OLCUC,
  ONLCR,
  ONLRET,
  ONOCR,
  OPOST,
  TABDLY,
  type Termios,
  XTABS,
} from "./termios.ts";

const NL = 10, CR = 13, TAB = 9, BS = 8, SPACE = 32, CARET = 94;
/** Echo waits when the terminal takes nothing; beyond this much the oldest is dropped. */
const ECHO_LIMIT = 4096;

export function isControl(c: number): boolean {
  return c < 32 || c === 127;
}

export class Output {
  column = 0;
  /** Column where the line being edited began. */
  canonColumn = 0;
  /** Stopped by VSTOP or TCOOFF. */
  stopped = false;
  readonly #out = new Uint8Array(4096);
  #length = 0;
  /** Echo that could not be written yet. */
  #waiting: number[] = [];

  constructor(readonly driver: TtyDriver, readonly termios: Termios) {}

  room(): number {
    return this.stopped ? 0 : this.driver.room();
  }

  /** Written bytes through output processing; how many were taken. */
  write(bytes: Uint8Array, offset: number, length: number): number {
    this.flushEcho();
    if (this.#waiting.length > 0) return 0;
    let done = 0;
    while (done < length) {
      const room = Math.min(this.room(), this.#out.length);
      // The widest a byte can get is a tab of eight spaces.
      if (room < 8) {
        if (room === 0 || (this.termios.oflag & OPOST) !== 0 && room < 8) break;
      }
      const n = this.#process(bytes, offset + done, length - done, room);
      this.driver.write(this.#out, 0, this.#length);
      this.#length = 0;
      done += n;
    }
    return done;
  }

  #process(bytes: Uint8Array, offset: number, length: number, room: number): number {
    const out = this.#out;
    if ((this.termios.oflag & OPOST) === 0) {
      const n = Math.min(length, room);
      out.set(bytes.subarray(offset, offset + n), 0);
      this.#length = n;
      return n;
    }
    const utf8 = (this.termios.iflag & IUTF8) !== 0, upper = (this.termios.oflag & OLCUC) !== 0;
    let i = 0;
    this.#length = 0;
    for (; i < length && this.#length + 8 <= room; i++) {
      const c = bytes[offset + i];
      if (c >= SPACE && c < 127 && !upper) {
        out[this.#length++] = c;
        this.column++;
      } else if (c >= 128 && !upper) {
        out[this.#length++] = c;
        if (!utf8 || (c & 0xc0) !== 0x80) this.column++;
      } else this.#put(c);
    }
    return i;
  }

  /** One byte with OPOST on, into #out, which has room. */
  #put(c: number): void {
    const { oflag } = this.termios;
    const out = this.#out;
    switch (c) {
      case NL:
        if ((oflag & ONLRET) !== 0) this.column = 0;
        if ((oflag & ONLCR) !== 0) {
          this.column = 0;
          out[this.#length++] = CR;
        }
        this.canonColumn = this.column;
        break;
      case CR:
        if ((oflag & ONOCR) !== 0 && this.column === 0) return;
        if ((oflag & OCRNL) !== 0) {
          c = NL;
          if ((oflag & ONLRET) !== 0) this.canonColumn = this.column = 0;
        } else this.canonColumn = this.column = 0;
        break;
      case TAB: {
        const spaces = 8 - (this.column & 7);
        this.column += spaces;
        if ((oflag & TABDLY) === XTABS) {
          out.fill(SPACE, this.#length, this.#length + spaces);
          this.#length += spaces;
          return;
        }
        break;
      }
      case BS:
        if (this.column > 0) this.column--;
        break;
      default:
        if (isControl(c)) break;
        if ((oflag & OLCUC) !== 0 && c >= 97 && c <= 122) c -= 32;
        if ((this.termios.iflag & IUTF8) === 0 || (c & 0xc0) !== 0x80) this.column++;
    }
    out[this.#length++] = c;
  }

  /** Echoes a key; control characters as ^X when ECHOCTL says so. */
  echo(c: number): void {
    if ((this.termios.lflag & ECHOCTL) !== 0 && isControl(c) && c !== TAB) {
      this.echoRaw(CARET);
      this.echoRaw(c ^ 64);
    } else this.echoRaw(c);
  }

  /** Echoes a byte that only output processing changes. */
  echoRaw(c: number): void {
    if (this.#waiting.length >= ECHO_LIMIT) this.#waiting.shift();
    this.#waiting.push(c);
  }

  echoSetCanonColumn(): void {
    this.flushEcho();
    this.canonColumn = this.column;
  }

  /** Moves back over a tab: `width` columns are in front of it since the line's start or the tab before. */
  echoEraseTab(width: number, afterTab: boolean): void {
    this.flushEcho();
    if (!afterTab) width += this.canonColumn;
    for (let n = 8 - (width & 7); n > 0; n--) this.echoRaw(BS);
  }

  /** Writes waiting echo as far as the terminal takes it. */
  flushEcho(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    const room = Math.min(this.room(), this.#out.length);
    const post = (this.termios.oflag & OPOST) !== 0;
    let i = 0;
    this.#length = 0;
    for (; i < waiting.length && this.#length + 8 <= room; i++) {
      if (post) this.#put(waiting[i]);
      else this.#out[this.#length++] = waiting[i];
    }
    if (this.#length > 0) this.driver.write(this.#out, 0, this.#length);
    this.#length = 0;
    if (i === waiting.length) waiting.length = 0;
    else waiting.splice(0, i);
  }

  dropEcho(): void {
    this.#waiting.length = 0;
  }
}
