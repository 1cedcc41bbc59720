// What has been typed and not yet read? The 4096-byte input buffer of a terminal, with the ends of lines marked.

export const LINE_BUFFER = 4096;

/** Marks on a byte: it ends a line and is read; it stands for end of file and is not read. */
const END = 1, END_OF_FILE = 2;

export class LineBuffer {
  readonly bytes = new Uint8Array(LINE_BUFFER);
  readonly #marks = new Uint8Array(LINE_BUFFER);
  // Running counts; the place in the ring is the count modulo its size.
  /** Next byte to read. */
  tail = 0;
  /** End of the last complete line. */
  canon = 0;
  /** Next byte to write. */
  head = 0;

  get count(): number {
    return this.head - this.tail;
  }

  at(position: number): number {
    return this.bytes[position & (LINE_BUFFER - 1)];
  }

  put(c: number): void {
    const i = this.head & (LINE_BUFFER - 1);
    this.bytes[i] = c;
    this.#marks[i] = 0;
    this.head++;
  }

  /** Completes the line with `c` (or, at end of file, with nothing). */
  endLine(c: number, endOfFile: boolean): void {
    this.put(c);
    this.#marks[(this.head - 1) & (LINE_BUFFER - 1)] = endOfFile ? END_OF_FILE : END;
    this.canon = this.head;
  }

  clear(): void {
    this.tail = this.canon = this.head = 0;
    this.#marks.fill(0);
  }

  /** ICANON was switched: what is there becomes one complete line, or plain bytes. */
  modeChanged(canonical: boolean): void {
    this.#marks.fill(0);
    if (canonical && this.count > 0) {
      this.#marks[(this.head - 1) & (LINE_BUFFER - 1)] = END;
      this.canon = this.head;
    } else this.canon = this.tail;
  }

  /** Bytes up to the end of the first complete line; a lone end of file reads as 0. Only with a complete line there. */
  readLine(buffer: Uint8Array, offset: number, length: number): number {
    let n = 0;
    while (this.tail !== this.canon) {
      const mark = this.#marks[this.tail & (LINE_BUFFER - 1)];
      if (mark === END_OF_FILE) {
        this.tail++;
        break;
      }
      if (n === length) break;
      buffer[offset + n++] = this.at(this.tail++);
      if (mark === END) break;
    }
    return n;
  }

  readRaw(buffer: Uint8Array, offset: number, length: number): number {
    const n = Math.min(length, this.count);
    for (let i = 0; i < n; i++) buffer[offset + i] = this.at(this.tail + i);
    this.tail += n;
    return n;
  }

  /** FIONREAD in canonical mode: bytes of complete lines without end-of-file marks. */
  canonicalCount(): number {
    let n = this.canon - this.tail;
    for (let i = this.tail; i < this.canon; i++) {
      if (this.#marks[i & (LINE_BUFFER - 1)] === END_OF_FILE) n--;
    }
    return n;
  }
}
