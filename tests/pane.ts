// A terminal for tests: a program in a private tmux server, keys typed, the screen read. Natively and in denix the same
// keys are typed, each time after the screen shows what the script waits for, and the screens are compared.

import { assertEquals } from "@std/assert";
import {
  compareTwice,
  denixCommand,
  ENVIRONMENT,
  environmentOptions,
  oracleTest,
  SELF_CHECK,
} from "./harness.ts";

/** tmux key names ("C-c", "Up", "Enter"), or text typed as it is when it starts with "'". */
export type Step =
  | { keys: readonly string[]; wait: RegExp; compare?: boolean }
  | { resize: readonly [columns: number, rows: number]; wait: RegExp; compare?: boolean };

/** Types `text` and presses Enter, then waits for `wait` on the screen. */
export function line(text: string, wait: RegExp, compare = true): Step {
  return { keys: [`'${text}`, "Enter"], wait, compare };
}

export function keys(...list: readonly string[]): { until: (wait: RegExp, compare?: boolean) => Step } {
  return { until: (wait, compare = true) => ({ keys: list, wait, compare }) };
}

export interface Session {
  program: readonly string[];
  steps: readonly Step[];
  /** The program's own end: its exit status is compared. Default true. */
  ends?: boolean;
  needs?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Run in the empty directory of the session before it starts, by the host's bash. */
  setup?: string;
  mask?: (screen: string) => string;
  /** Runs on the host's shell, with $RUN in it, instead of `program` alone. */
  hostScript?: string;
}

export class Pane {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async start(command: readonly string[], cwd: string, columns = 80, rows = 24): Promise<Pane> {
    const pane = new Pane(`denix-${Deno.pid}-${Math.random().toString(36).slice(2)}`);
    const config = await Deno.makeTempFile();
    await Deno.writeTextFile(config, "set -g status off\nset -g escape-time 0\n");
    await pane.#tmux(
      "-f",
      config,
      "new-session",
      "-d",
      "-x",
      `${columns}`,
      "-y",
      `${rows}`,
      "-c",
      cwd,
      ...command,
    );
    await Deno.remove(config);
    return pane;
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-L", this.#socket, ...args],
      env: { LC_ALL: "C.UTF-8" },
    }).output();
    if (!success) throw new Error(`tmux ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }

  async type(list: readonly string[]): Promise<void> {
    for (const key of list) {
      if (key.startsWith("'")) await this.#tmux("send-keys", "-l", "--", key.slice(1));
      else await this.#tmux("send-keys", "--", key);
    }
  }

  resize(columns: number, rows: number): Promise<string> {
    return this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  async screen(): Promise<string> {
    const [text, cursor] = [
      await this.#tmux("capture-pane", "-p"),
      await this.#tmux(
        "display-message",
        "-p",
        "#{cursor_x},#{cursor_y}",
      ),
    ];
    return `${text.replace(/\s+$/, "")}\n[cursor ${cursor.trim()}]`;
  }

  /**
   * The screen, once it matches and has stopped changing. With `expected`, that screen is what it may take some seconds
   * more to become.
   */
  async settled(wait: RegExp, seconds: number, expected?: (screen: string) => boolean): Promise<string> {
    const end = Date.now() + seconds * 1000;
    const calm = expected === undefined ? 200 : 5000;
    let last = "", since = 0;
    while (Date.now() < end) {
      const now = await this.screen();
      if (expected?.(now)) return now;
      if (now !== last) since = Date.now();
      else if (wait.test(now) && Date.now() - since >= calm) return now;
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the screen does not show ${wait} after ${seconds} s:\n${last}`);
  }

  async close(): Promise<void> {
    await this.#tmux("kill-server").catch(() => {});
  }
}

/** Pids after "[1]", which differ between runs. */
export function maskJobs(screen: string): string {
  return screen.replace(/(\[\d+\]) \d+/g, "$1 PID");
}

/** Registers a test that plays `session` natively and in denix. */
export function compareSessions(name: string, session: Session): void {
  const title = `interactive: ${name}`;
  const compare = async () => {
    const base = await Deno.makeTempDir({ prefix: "denix-pane-" });
    const work = `${base}/work`;
    const played: string[][] = [];
    try {
      for (const native of [true, SELF_CHECK]) {
        await Deno.mkdir(work);
        if (session.setup !== undefined) {
          await new Deno.Command("bash", { args: ["-c", session.setup], cwd: work }).output();
        }
        played.push(await play(session, work, native, played[0]));
        await Deno.rename(work, `${base}/${played.length}`);
      }
    } finally {
      await Deno.remove(base, { recursive: true });
    }
    assertEquals(played[1], played[0]);
  };
  oracleTest(title, ["tmux", ...session.needs ?? []], () => compareTwice(title, compare));
}

/** With `model`, the screens of the native run: what the screens should become. */
async function play(
  session: Session,
  work: string,
  native: boolean,
  model?: readonly string[],
): Promise<string[]> {
  const env = {
    ...ENVIRONMENT,
    TERM: "screen",
    HOME: work,
    PS1: "$ ",
    HISTFILE: "/dev/null",
    ...session.env,
  };
  const clean = ["env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const denix = denixCommand(...environmentOptions(env), `--allow-write=${work}`);
  let command = native ? [...clean, ...session.program] : [...denix, ...session.program];
  if (session.hostScript !== undefined) {
    const words = (native ? clean : denix).map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    command = ["bash", "-c", session.hostScript.replaceAll("$RUN", words)];
  }
  // The program is a shell's child, as for a user; the shell tells how it ended.
  const pane = await Pane.start(
    ["sh", "-c", 'trap : INT QUIT; "$@"; echo "[ended $?]"; exec sleep 1000', "sh", ...command],
    work,
  );
  const screens: string[] = [];
  const mask = session.mask ?? ((text: string) => text);
  try {
    for (const step of session.steps) {
      if ("resize" in step) await pane.resize(...step.resize);
      else await pane.type(step.keys);
      let screen;
      try {
        const wanted = step.compare === false ? undefined : model?.[screens.length];
        const expected = wanted === undefined ? undefined : (now: string) => mask(now) === wanted;
        screen = await pane.settled(step.wait, native ? 20 : 60, expected);
      } catch (error) {
        throw new Error(
          `${native ? "native" : "denix"}, step ${
            JSON.stringify(step, (_, v) => v instanceof RegExp ? `${v}` : v)
          }: ${(error as Error).message}`,
        );
      }
      if (step.compare !== false) screens.push(mask(screen));
    }
    if (session.ends !== false) screens.push(mask(await pane.settled(/ended \d+/, 60)));
  } finally {
    await pane.close();
  }
  return screens;
}
