// How is the host's terminal reached? Raw mode and its end on every way out, typed bytes, the window's size, signals.
//
// Raw mode begins only when the guest wants input or changes settings: until then the host's own line discipline keeps
// what is typed for whoever reads after us. Deno's raw mode leaves output processing on (OPOST, ONLCR), so a CR LF of
// ours is written as LF, and an LF alone as VT, which terminals take as "one line down, same column".

const LF = 10, CR = 13, VT = 11;
const encoderBuffer = new Uint8Array(16384);

export interface TerminalListener {
  /** Bytes were typed; false: no more for now (resumeInput goes on). */
  input(bytes: Uint8Array): boolean;
  resized(): void;
  /** The host's terminal driver or somebody else sent SIGINT, SIGQUIT or SIGTSTP. */
  interrupted(signo: number): void;
  /** The terminal is gone. */
  hungUp(): void;
}

type Stream = { setRaw(on: boolean): void; read(buffer: Uint8Array): Promise<number | null> };
type Sink = { writeSync(bytes: Uint8Array): number };

export class HostTerminal {
  /** As the host calls it: "/dev/pts/3"; undefined when it cannot be found out. */
  readonly name: string | undefined;
  #input: Stream | undefined;
  readonly #output: Sink;
  #raw = false;
  #reading = false;
  #lastByte = 0;
  #listener: TerminalListener | undefined;
  readonly #signals: [Deno.Signal, () => void][] = [];

  private constructor(name: string | undefined, input: Stream | undefined, output: Sink) {
    this.name = name;
    this.#input = input;
    this.#output = output;
  }

  /** The terminal this program runs on, or undefined. */
  static find(): HostTerminal | undefined {
    const standard = [Deno.stdin, Deno.stdout, Deno.stderr];
    const index = standard.findIndex((stream) => stream.isTerminal());
    let file: Deno.FsFile | undefined;
    if (index !== 0 || !(standard[1].isTerminal() || standard[2].isTerminal())) {
      try {
        file = Deno.openSync("/dev/tty", { read: true, write: true });
      } catch {
        // No controlling terminal, or no permission: what the standard streams give must do.
      }
    }
    if (index < 0 && file === undefined) return undefined;
    const input = Deno.stdin.isTerminal() ? Deno.stdin : file;
    const output = Deno.stdout.isTerminal() ? Deno.stdout : Deno.stderr.isTerminal() ? Deno.stderr : file;
    if (output === undefined) return undefined;
    return new HostTerminal(index < 0 ? undefined : nameOf(index), input, output);
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener;
    this.#on("SIGWINCH", () => listener.resized());
    this.#on("SIGCONT", () => this.#continued());
    this.#on("SIGINT", () => listener.interrupted(2));
    this.#on("SIGQUIT", () => listener.interrupted(3));
    for (const [signal, signo] of [["SIGTERM", 15], ["SIGHUP", 1]] as const) {
      this.#on(signal, () => {
        if (signo === 1) listener.hungUp();
        // The guest's last output gets out, then this process ends as it would have without us.
        setTimeout(() => {
          this.close();
          Deno.kill(Deno.pid, signal);
        }, signo === 1 ? 200 : 0);
      });
    }
    globalThis.addEventListener("unload", this.#unload);
  }

  readonly #unload = () => this.leaveRaw();

  #on(signal: Deno.Signal, handler: () => void): void {
    try {
      Deno.addSignalListener(signal, handler);
      this.#signals.push([signal, handler]);
    } catch {
      // Not on this host.
    }
  }

  get raw(): boolean {
    return this.#raw;
  }

  /** Takes the terminal over and begins to read what is typed. */
  enterRaw(): void {
    if (this.#input === undefined) return;
    if (!this.#raw) {
      try {
        this.#input.setRaw(true);
        this.#raw = true;
      } catch {
        this.#input = undefined;
        return;
      }
    }
    this.resumeInput();
  }

  leaveRaw(): void {
    if (!this.#raw) return;
    this.#raw = false;
    try {
      this.#input?.setRaw(false);
    } catch {
      // The terminal is gone: nothing to restore.
    }
  }

  /** Gives the terminal back, for good. */
  close(): void {
    this.leaveRaw();
    for (const [signal, handler] of this.#signals) Deno.removeSignalListener(signal, handler);
    this.#signals.length = 0;
    globalThis.removeEventListener("unload", this.#unload);
    this.#listener = undefined;
  }

  #continued(): void {
    if (this.#raw) {
      // Whoever had the terminal meanwhile has set it his way.
      this.#raw = false;
      try {
        this.#input?.setRaw(false);
      } catch { /* as in leaveRaw */ }
      this.enterRaw();
    }
    this.#listener?.resized();
  }

  /** Begins or goes on reading typed bytes. */
  resumeInput(): void {
    if (this.#reading || !this.#raw) return;
    this.#reading = true;
    this.#readLoop().catch(() => this.#listener?.hungUp());
  }

  async #readLoop(): Promise<void> {
    const buffer = new Uint8Array(4096);
    try {
      while (this.#raw && this.#input !== undefined) {
        const n = await this.#input.read(buffer);
        if (n === null || n === 0) {
          this.#listener?.hungUp();
          return;
        }
        if (this.#listener?.input(buffer.slice(0, n)) === false) return;
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Writes all of it, as the terminal shall see it. */
  write(bytes: Uint8Array, offset: number, length: number): void {
    let n = 0;
    for (let i = 0; i < length; i++) {
      const c = bytes[offset + i];
      if (n + 2 > encoderBuffer.length) {
        this.#writeAll(n);
        n = 0;
      }
      if (c === LF) {
        // The CR before it may have gone out already: one more does no harm.
        if (this.#lastByte === CR) {
          if (n > 0) n--;
          encoderBuffer[n++] = LF;
        } else encoderBuffer[n++] = VT;
      } else encoderBuffer[n++] = c;
      this.#lastByte = c;
    }
    this.#writeAll(n);
  }

  #writeAll(length: number): void {
    let done = 0;
    while (done < length) {
      try {
        done += this.#output.writeSync(encoderBuffer.subarray(done, length));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) {
          // A terminal that is gone takes no more output.
          this.#listener?.hungUp();
          return;
        }
        Atomics.wait(sleeper, 0, 0, 1);
      }
    }
  }

  /** Owner and permissions of the terminal's node on the host. */
  get owner(): { uid: number; gid: number; mode: number } {
    try {
      const { uid, gid, mode } = Deno.statSync(this.name ?? "/dev/tty");
      return { uid: uid ?? 0, gid: gid ?? 5, mode: (mode ?? 0o620) & 0o777 };
    } catch {
      return { uid: 0, gid: 5, mode: 0o620 };
    }
  }

  size(): { rows: number; columns: number } {
    try {
      return Deno.consoleSize();
    } catch {
      return { rows: 24, columns: 80 };
    }
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Name of the terminal behind a descriptor. */
function nameOf(fd: number): string | undefined {
  try {
    const name = Deno.readLinkSync(`/proc/self/fd/${fd}`);
    return name.startsWith("/dev/") ? name : undefined;
  } catch {
    return undefined;
  }
}
