// What are a terminal's settings, and how do they look in guest memory? (struct termios of the kernel, not of glibc.)

// c_iflag
export const IGNBRK = 1, BRKINT = 2, IGNPAR = 4, PARMRK = 0o10, INPCK = 0o20, ISTRIP = 0o40, INLCR = 0o100;
export const IGNCR = 0o200, ICRNL = 0o400, IUCLC = 0o1000, IXON = 0o2000, IXANY = 0o4000, IXOFF = 0o10000;
export const IMAXBEL = 0o20000, IUTF8 = 0o40000;
// c_oflag
export const OPOST = 1, OLCUC = 2, ONLCR = 4, OCRNL = 0o10, ONOCR = 0o20, ONLRET = 0o40;
export const TABDLY = 0o14000, XTABS = 0o14000;
// c_cflag
export const B38400 = 0o17, CS8 = 0o60, CREAD = 0o200, HUPCL = 0o2000, CBAUD = 0o10017, BOTHER = 0o10000;
// c_lflag
export const ISIG = 1, ICANON = 2, XCASE = 4, ECHO = 0o10, ECHOE = 0o20, ECHOK = 0o40, ECHONL = 0o100;
export const NOFLSH = 0o200, TOSTOP = 0o400, ECHOCTL = 0o1000, ECHOPRT = 0o2000, ECHOKE = 0o4000;
export const FLUSHO = 0o10000, PENDIN = 0o40000, IEXTEN = 0o100000, EXTPROC = 0o200000;
// c_cc
export const VINTR = 0,
  VQUIT = 1,
  VERASE = 2,
  VKILL = 3,
  VEOF = 4,
  VTIME = 5,
  VMIN = 6,
  VSWTC = 7,
  VSTART = 8;
export const VSTOP = 9,
  VSUSP = 10,
  VEOL = 11,
  VREPRINT = 12,
  VDISCARD = 13,
  VWERASE = 14,
  VLNEXT = 15,
  VEOL2 = 16;
export const NCCS = 19;

/** Lengths of struct termio (TCGETA), termios (TCGETS) and termios2 (TCGETS2). */
export const TERMIO_BYTES = 18, TERMIOS_BYTES = 36, TERMIOS2_BYTES = 44;
/** In termio only the first eight control characters exist. */
const NCC = 8;

/** Speeds of the B* constants: index = value & 15, with CBAUDEX (0o10000) from the second table. */
const SPEEDS = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const SPEEDS_EXTENDED = [
  0,
  57600,
  115200,
  230400,
  460800,
  500000,
  576000,
  921600,
  1000000,
  1152000,
  1500000,
  2000000,
  2500000,
  3000000,
  3500000,
  4000000,
];

export class Termios {
  iflag = ICRNL | IXON;
  oflag = OPOST | ONLCR;
  cflag = B38400 | CS8 | CREAD;
  lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  line = 0;
  readonly cc: Uint8Array = Uint8Array.of(3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0);
  ispeed = 38400;
  ospeed = 38400;

  clone(): Termios {
    const copy = new Termios();
    copy.assign(this);
    return copy;
  }

  assign(other: Termios): void {
    this.iflag = other.iflag;
    this.oflag = other.oflag;
    this.cflag = other.cflag;
    this.lflag = other.lflag;
    this.line = other.line;
    this.cc.set(other.cc);
    this.ispeed = other.ispeed;
    this.ospeed = other.ospeed;
  }

  /** What a pty master starts with: nothing is changed on the way. */
  static raw(): Termios {
    const raw = new Termios();
    raw.iflag = 0;
    raw.oflag = 0;
    raw.lflag = 0;
    return raw;
  }

  encode(length: number): Uint8Array {
    const out = new Uint8Array(length);
    const view = new DataView(out.buffer);
    if (length === TERMIO_BYTES) {
      view.setUint16(0, this.iflag, true);
      view.setUint16(2, this.oflag, true);
      view.setUint16(4, this.cflag, true);
      view.setUint16(6, this.lflag, true);
      out[8] = this.line;
      out.set(this.cc.subarray(0, NCC), 9);
      return out;
    }
    view.setUint32(0, this.iflag, true);
    view.setUint32(4, this.oflag, true);
    view.setUint32(8, this.cflag, true);
    view.setUint32(12, this.lflag, true);
    out[16] = this.line;
    out.set(this.cc, 17);
    if (length === TERMIOS2_BYTES) {
      view.setUint32(36, this.ispeed, true);
      view.setUint32(40, this.ospeed, true);
    }
    return out;
  }

  /** New settings from guest memory; what the structure does not hold is taken from `this`. */
  decode(bytes: Uint8Array): Termios {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const next = this.clone();
    if (bytes.length === TERMIO_BYTES) {
      next.iflag = (next.iflag & ~0xffff) | view.getUint16(0, true);
      next.oflag = (next.oflag & ~0xffff) | view.getUint16(2, true);
      next.cflag = (next.cflag & ~0xffff) | view.getUint16(4, true);
      next.lflag = (next.lflag & ~0xffff) | view.getUint16(6, true);
      next.line = bytes[8];
      next.cc.set(bytes.subarray(9, 9 + NCC));
    } else {
      next.iflag = view.getUint32(0, true);
      next.oflag = view.getUint32(4, true);
      next.cflag = view.getUint32(8, true);
      next.lflag = view.getUint32(12, true);
      next.line = bytes[16];
      next.cc.set(bytes.subarray(17, 17 + NCCS));
    }
    if (bytes.length === TERMIOS2_BYTES && (next.cflag & CBAUD) === BOTHER) {
      next.ispeed = view.getUint32(36, true);
      next.ospeed = view.getUint32(40, true);
    } else {
      const code = next.cflag & CBAUD;
      next.ospeed = (code & BOTHER) !== 0 ? SPEEDS_EXTENDED[code & 15] : SPEEDS[code & 15];
      next.ispeed = next.ospeed;
    }
    return next;
  }
}
