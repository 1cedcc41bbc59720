// What a region calls when its window does not cover an access: looks at the TLB, then asks the slow paths. One module for all regions.

import {
  EXTENT_ADDEND,
  EXTENT_LENGTH,
  EXTENT_MARGIN,
  TLB,
  TLB_ADDEND,
  TLB_INVALID,
  TLB_READ,
  TLB_READ_EXTENT,
  TLB_WRITE,
  TLB_WRITE_EXTENT,
} from "../cpu.ts";
import { MISSES_LEFT, WINDOWS_USED } from "../env.ts";
import { LISTED_WINDOWS, RUNNING_CPU, SCRATCH_PAGE, WINDOW_LIST, WINDOWS } from "../ram.ts";
import { pushEntry } from "./access.ts";
import { MISSES } from "./windows.ts";
import { Code, I32, I64, OP, VOID, wasmModule } from "./encoder.ts";
import { MISS, PROBE, READ, SLOW, WRITE128, WRITE16, WRITE256, WRITE32, WRITE64, WRITE8 } from "./imports.ts";

// Parameters, then locals (behind the value, which only a store has).
const WINDOW = 0, ADDRESS = 1, SIZE = 2, IP = 3, VALUE = 4;

type Kind = "read" | "read writable" | "update" | "store";

function body(kind: Kind): { locals: number[]; code: Code } {
  const code = new Code();
  const first = kind === "store" ? 5 : 4;
  const ENTRY = first, PHYS = first + 1, RECORD = first + 2, PAGE = first + 3;
  const low = () => code.get(ADDRESS).op(OP.i32WrapI64);
  const high = () => code.get(ADDRESS).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
  const slow = () => {
    code.i32(RUNNING_CPU);
    low();
    high();
  };
  const tag = (which: number) => code.get(ENTRY).mem(OP.i64Load, 4 * which);
  const crossing = () => {
    low();
    code.i32(4095).op(OP.i32And).get(SIZE).op(OP.i32Add).i32(4096).op(OP.i32GtU);
  };
  const failIf = () => {
    code.op(OP.if, VOID).i32(-1).op(OP.return, OP.end);
  };
  const count = (at: () => void, word: number, step: number) => {
    at();
    at();
    code.mem(OP.i32Load, 4 * word).i32(step).op(OP.i32Add).mem(OP.i32Store, 4 * word);
  };
  /** Returns the physical address in PHYS; the window becomes the page's extent, or the page, when tag `which` allows that. */
  const give = (which: number) => {
    const record = () =>
      code.get(ENTRY).mem(OP.i32Load, 4 * (which === TLB_READ ? TLB_READ_EXTENT : TLB_WRITE_EXTENT)).tee(
        RECORD,
      );
    count(() => code.i32(WINDOWS), MISSES_LEFT, -1);
    count(() => code.get(WINDOW), MISSES, 1);
    tag(which);
    code.get(PAGE).op(OP.i64Eq, OP.if, VOID);
    code.i32(WINDOWS).mem(OP.i32Load, 4 * WINDOWS_USED).tee(RECORD).i32(LISTED_WINDOWS).op(
      OP.i32LeU,
      OP.if,
      VOID,
    );
    code.get(RECORD).i32(2).op(OP.i32Shl).get(WINDOW).mem(OP.i32Store, WINDOW_LIST);
    count(() => code.i32(WINDOWS), WINDOWS_USED, 1);
    code.op(OP.end);
    record();
    code.op(OP.if, VOID);
    code.get(PAGE).get(RECORD).mem(OP.i64Load, 0).op(OP.i64Sub).get(RECORD).mem(OP.i64Load, EXTENT_LENGTH);
    code.op(OP.i64LtU, OP.if, VOID);
    code.get(WINDOW).get(RECORD).mem(OP.i64Load, 0).mem(OP.i64Store, 0);
    code.get(WINDOW).get(RECORD).mem(OP.i64Load, EXTENT_LENGTH).mem(OP.i64Store, EXTENT_LENGTH);
    code.get(WINDOW).get(RECORD).mem(OP.i32Load, EXTENT_ADDEND).mem(OP.i32Store, EXTENT_ADDEND);
    code.get(PHYS).op(OP.return, OP.end);
    // The extent is another one now: the next time somebody asks, the entry is made anew.
    code.get(ENTRY).i32(TLB_INVALID).mem(OP.i32Store, 4 * TLB_READ);
    code.get(ENTRY).i32(TLB_INVALID).mem(OP.i32Store, 4 * TLB_WRITE);
    code.op(OP.end);
    code.get(WINDOW).get(PAGE).mem(OP.i64Store, 0);
    code.get(WINDOW).i64(4096 - EXTENT_MARGIN, 0).mem(OP.i64Store, EXTENT_LENGTH);
    code.get(WINDOW).get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND).mem(OP.i32Store, EXTENT_ADDEND);
    code.op(OP.end).get(PHYS).op(OP.return);
  };
  const read = () => {
    slow();
    code.get(SIZE).get(IP).call(READ).tee(PHYS).i32(0).op(OP.i32LtS);
    failIf();
    crossing();
    code.op(OP.if, VOID).get(PHYS).op(OP.return, OP.end);
  };

  pushEntry(
    code,
    low,
    () => code.i32(4 * RUNNING_CPU).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl),
    ENTRY,
  );
  code.op(OP.drop).get(ADDRESS).i64(-4096, -1).op(OP.i64And).set(PAGE);
  const access = kind === "read" || kind === "read writable" ? TLB_READ : TLB_WRITE;
  const wanted = kind === "read" ? TLB_READ : TLB_WRITE;
  // The TLB has it?
  tag(access);
  code.get(ADDRESS).get(SIZE).i32(1).op(OP.i32Sub, OP.i64ExtendI32U, OP.i64Add).i64(-4096, -1).op(
    OP.i64And,
    OP.i64Eq,
  );
  code.op(OP.if, VOID);
  low();
  code.get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND).op(OP.i32Add).set(PHYS);
  give(wanted);
  code.op(OP.end);
  if (kind === "store") {
    crossing();
    code.op(OP.i32Eqz, OP.if, VOID);
    slow();
    code.get(SIZE).get(IP).call(PROBE);
    failIf();
    tag(TLB_WRITE);
    code.get(PAGE).op(OP.i64Eq, OP.if, VOID);
    low();
    code.get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND).op(OP.i32Add).set(PHYS);
    give(TLB_WRITE);
    code.op(OP.end, OP.end);
    // Written here; what the region then stores goes where nobody looks.
    for (
      const [size, write] of [
        [1, WRITE8],
        [2, WRITE16],
        [4, WRITE32],
        [8, WRITE64],
        [16, WRITE128],
        [32, WRITE256],
      ] as const
    ) {
      code.get(SIZE).i32(size).op(OP.i32Eq, OP.if, VOID);
      slow();
      code.get(VALUE).op(OP.i32WrapI64);
      if (size === 8) code.get(VALUE).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
      code.get(IP).call(write);
      failIf();
      code.op(OP.end);
    }
    code.i32(SCRATCH_PAGE).op(OP.return);
  } else {
    if (kind === "update") {
      slow();
      code.get(SIZE).get(IP).call(PROBE);
      failIf();
    }
    read();
    give(wanted);
  }
  return { locals: [I32, I32, I32, I64], code };
}

/** Instantiates the functions for MISS_READ … MISS_STORE, by number, over the slow paths. */
export function missFunctions(
  pages: number,
  memory: WebAssembly.Memory,
  table: WebAssembly.Table,
  slow: WebAssembly.ModuleImports,
): WebAssembly.ModuleImports {
  const kinds: Kind[] = ["read", "read writable", "update", "store"];
  const functions = kinds.map((kind, i) => ({ type: MISS[i]!, ...body(kind), name: String(i) }));
  const bytes = wasmModule({ pages, imports: SLOW, globals: 0, functions });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    m: { m: memory, t: table },
    f: slow,
  });
  return { ...instance.exports } as WebAssembly.ModuleImports;
}
