// What is below a terminal's line discipline: the host's terminal, or the master side of a pty.

export interface TtyDriver {
  /** Name for ttyname and traces: "/dev/pts/0". */
  readonly name: string;
  /** Device number, as stat's st_rdev. */
  readonly rdev: number;
  /** Bytes that may be written now. */
  room(): number;
  /** Takes all `length` bytes; the caller has asked room() before. */
  write(bytes: Uint8Array, offset: number, length: number): void;
  /** Bytes taken but not yet delivered (TIOCOUTQ, tcdrain). */
  pending(): number;
  /** Drops what is not yet delivered. */
  flush?(): void;
  /** The guest wants input, or has changed the settings: the console takes the host's terminal over. */
  inputWanted?(): void;
  /** The input buffer has room again. */
  unthrottle?(): void;
  /** Flow control, flushes and mode changes, for packet mode. `bits`: TIOCPKT_*. */
  packet?(bits: number): void;
  resized?(): void;
  /** The first open and the last close of the terminal side. */
  opened?(): void;
  closed?(): void;
}

/** What a terminal asks of the rest of the kernel. */
export interface TtyKernel {
  signalGroup(pgid: number, signo: number): void;
  nowNs(): number;
  /** Calls back at a moment of the monotonic clock. */
  at(deadlineNs: number, callback: () => void): void;
}

export const TIOCPKT_FLUSHREAD = 1, TIOCPKT_FLUSHWRITE = 2, TIOCPKT_STOP = 4, TIOCPKT_START = 8;
export const TIOCPKT_NOSTOP = 16, TIOCPKT_DOSTOP = 32, TIOCPKT_IOCTL = 64;
