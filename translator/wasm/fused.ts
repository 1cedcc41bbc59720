// Does the host fuse multiplication and addition? WebAssembly's relaxed_madd may round once or twice; V8 rounds once where the processor can.

import { memory, RAM_BYTES } from "../ram.ts";
import { Code, F64, SIMD } from "./encoder.ts";
import { wasmModule } from "./module.ts";
import { functions } from "./jump_table.ts";

/** Behind the SIMD prefix. */
export const RELAXED_MADD = { 8: 0x107, 4: 0x105 } as const;

let known: boolean | undefined;

/** Whether RELAXED_MADD is there and rounds once. */
export function hostFuses(): boolean {
  return known ??= probe();
}

/** For tests: as if the host fused, or did not; undefined: as it is. */
export function assumeFuses(fuses: boolean | undefined): void {
  known = fuses;
}

function probe(): boolean {
  const code = new Code();
  for (const parameter of [0, 1, 2]) code.get(parameter).simd(SIMD.f64x2Splat);
  code.simd(RELAXED_MADD[8]).simd(SIMD.f64x2Extract).op(0);
  try {
    const type = { params: [F64, F64, F64], results: [F64] };
    const bytes = wasmModule({
      pages: RAM_BYTES / 65536,
      imports: [],
      globals: 0,
      functions: [{ type, locals: [], code, name: "f" }],
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      m: { m: memory, t: functions },
    });
    const f = instance.exports["f"] as (a: number, b: number, c: number) => number;
    // (1 + 2^-30)² - (1 + 2^-29) is 2^-60, which the rounded product has lost.
    return f(1 + 2 ** -30, 1 + 2 ** -30, -(1 + 2 ** -29)) === 2 ** -60;
  } catch {
    return false; // no such instruction
  }
}
