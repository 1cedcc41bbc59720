// What is the guest's console? A terminal whose driver is the terminal that denix itself was started on.

import type { HostTerminal } from "../host/terminal.ts";
import type { TtyDriver, TtyKernel } from "./driver.ts";
import { fixedTerminals, makeDevice } from "./pty.ts";
import { Termios } from "./termios.ts";
import { IUTF8 } from "./termios.ts";
import { Tty } from "./tty.ts";

/** Typed bytes the console takes before it stops reading the host. */
const INPUT_SPARE = 4096;

export class Console implements TtyDriver {
  readonly name: string;
  readonly rdev: number;
  readonly tty: Tty;
  readonly #host: HostTerminal;
  #paused = false;

  /** `changed` is called after host events that may have made guest tasks runnable (scheduler.requestIdleWake). */
  constructor(host: HostTerminal, kernel: TtyKernel, changed: () => void) {
    this.#host = host;
    const place = deviceOf(host.name);
    this.name = place.name;
    this.rdev = place.rdev;
    const termios = new Termios();
    termios.iflag |= IUTF8;
    this.tty = new Tty(this, kernel, termios);
    const { rows, columns } = host.size();
    Object.assign(this.tty.size, { rows, columns });
    if (place.index >= 0) {
      const { uid, gid, mode } = host.owner;
      fixedTerminals.set(place.index, { tty: this.tty, mode, uid, gid, createdMs: Date.now() });
    }
    host.listen({
      input: (bytes) => {
        this.tty.input(bytes);
        changed();
        this.#paused = this.tty.inputRoom() < INPUT_SPARE;
        return !this.#paused;
      },
      resized: () => {
        const { rows, columns } = host.size();
        this.tty.resize(rows, columns, 0, 0);
        changed();
      },
      interrupted: (signo) => {
        this.tty.signal(signo);
        changed();
      },
      hungUp: () => {
        this.tty.hangup();
        changed();
      },
    });
  }

  room(): number {
    return 65536;
  }

  write(bytes: Uint8Array, offset: number, length: number): void {
    this.#host.write(bytes, offset, length);
  }

  pending(): number {
    return 0;
  }

  inputWanted(): void {
    this.#host.enterRaw();
  }

  unthrottle(): void {
    if (!this.#paused || this.tty.inputRoom() < INPUT_SPARE) return;
    this.#paused = false;
    this.#host.resumeInput();
  }

  /** Gives the host's terminal back; at the end of the instance, whatever the reason. */
  close(): void {
    this.#host.close();
    for (const [index, fixed] of fixedTerminals) if (fixed.tty === this.tty) fixedTerminals.delete(index);
  }
}

/** The console has the host's name and number, so that ttyname() tells the same; /dev/pts/0 when there is none. */
function deviceOf(hostName: string | undefined): { name: string; rdev: number; index: number } {
  const pts = /^\/dev\/pts\/(\d+)$/.exec(hostName ?? "");
  if (pts !== null) return { name: pts[0], rdev: makeDevice(136, Number(pts[1])), index: Number(pts[1]) };
  const virtual = /^\/dev\/tty(\d+)$/.exec(hostName ?? "");
  if (virtual !== null) return { name: virtual[0], rdev: makeDevice(4, Number(virtual[1])), index: -1 };
  const serial = /^\/dev\/ttyS(\d+)$/.exec(hostName ?? "");
  if (serial !== null) return { name: serial[0], rdev: makeDevice(4, 64 + Number(serial[1])), index: -1 };
  return { name: "/dev/pts/0", rdev: makeDevice(136, 0), index: 0 };
}
