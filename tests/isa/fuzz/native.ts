// What does the CPU do with a batch? Compiles runner.c once and runs it.

import { noOracle } from "../oracle.ts";
import * as C from "./case.ts";

const SOURCE = new URL("./runner.c", import.meta.url).pathname;

function has(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
/** Why the fuzzer has no oracle here, or undefined. */
export const noFuzzOracle: string | undefined = noOracle ?? (has("gcc") ? undefined : "needs gcc");

export interface NativeResults {
  /** Results one behind the other. */
  readonly results: Uint8Array<ArrayBuffer>;
  /** With a trace: STEPS steps for each case. */
  readonly steps: Uint8Array<ArrayBuffer>;
}

export class NativeRunner {
  private constructor(readonly folder: string) {}

  static async create(): Promise<NativeRunner> {
    const folder = Deno.makeTempDirSync({ prefix: "isa-fuzz-" });
    const { success, stderr } = await new Deno.Command("gcc", {
      args: [
        "-O2",
        "-static-pie",
        "-fno-stack-protector",
        "-fcf-protection=none",
        "-o",
        `${folder}/runner`,
        SOURCE,
      ],
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new NativeRunner(folder);
  }

  async run(batch: C.Batch, trace = false): Promise<NativeResults> {
    const path = `${this.folder}/batch`;
    Deno.writeFileSync(path, C.batchFile(batch));
    const { success, stdout, stderr, code } = await new Deno.Command(`${this.folder}/runner`, {
      args: trace ? [path, "trace"] : [path],
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`fuzz runner: exit ${code}\n${new TextDecoder().decode(stderr)}`);
    const end = batch.count * C.RESULT_BYTES;
    return { results: stdout.slice(0, end), steps: stdout.slice(end) };
  }

  remove(): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}
