// What a region calls when its window does not cover an access: looks at the TLB, then asks the slow paths. One module for all regions.

import {
  EXTENT_ADDEND,
  EXTENT_LENGTH,
  EXTENT_MARGIN,
  EXTENT_WORDS,
  EXTENTS_BYTES,
  READABLE_EXTENTS,
  TLB,
  TLB_ADDEND,
  TLB_INVALID,
  TLB_READ,
  TLB_READ_EXTENT,
  TLB_WRITE,
  TLB_WRITE_EXTENT,
  WRITABLE_EXTENTS,
} from "../cpu.ts";
import { MISSES_LEFT, WINDOWS_USED } from "../env.ts";
import { LISTED_WINDOWS, RUNNING_CPU, SCRATCH_PAGE, WINDOW_LIST, WINDOWS } from "../ram.ts";
import { pushEntry } from "./tlb_entry.ts";
import { SPAN_MISSES } from "../tunables.ts";
import { MISSES } from "./windows.ts";
import { Code, I32, I64, OP, VOID } from "./encoder.ts";
import { type FunctionType, wasmModule } from "./module.ts";
import {
  MISS,
  PROBE,
  READ,
  SLOW,
  SPAN,
  WRITE128,
  WRITE16,
  WRITE256,
  WRITE32,
  WRITE64,
  WRITE8,
} from "./imports.ts";

// Parameters, then locals (behind the value, which only a store has).
const WINDOW = 0, ADDRESS = 1, SIZE = 2, IP = 3, VALUE = 4;

/** Number of refill() among the module's functions. */
const REFILL_NUMBER = SLOW.length + MISS.length;

type Kind = "read" | "read writable" | "update" | "store" | "span read" | "span read writable" | "span write";
/** By number of the import. */
const KINDS: readonly Kind[] = [
  "read",
  "read writable",
  "update",
  "store",
  "span read",
  "span read writable",
  "span write",
];

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
    const extent = which === TLB_READ ? TLB_READ_EXTENT : TLB_WRITE_EXTENT;
    code.get(ENTRY).mem(OP.i32Load, 4 * extent).tee(RECORD).op(OP.if, VOID);
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
  const span = kind.startsWith("span");
  const access = /read/.test(kind) ? TLB_READ : TLB_WRITE;
  const wanted = kind.endsWith("read") ? TLB_READ : TLB_WRITE;
  // The TLB has it, or an extent?
  tag(access);
  code.get(PAGE).op(OP.i64Ne, OP.if, VOID).get(ENTRY).get(PAGE).call(REFILL_NUMBER).op(OP.drop, OP.end);
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
  if (span) {
    // An extent may have all of it.
    tag(access);
    code.get(PAGE).op(OP.i64Eq, OP.if, VOID);
    const extent = access === TLB_READ ? TLB_READ_EXTENT : TLB_WRITE_EXTENT;
    code.get(ENTRY).mem(OP.i32Load, 4 * extent).tee(RECORD).op(OP.if, VOID);
    // An empty one has length 0, others are longer than spans.
    code.get(RECORD).mem(OP.i64Load, EXTENT_LENGTH).op(OP.i64Eqz, OP.i32Eqz);
    code.get(ADDRESS).get(RECORD).mem(OP.i64Load, 0).op(OP.i64Sub);
    code.get(RECORD).mem(OP.i64Load, EXTENT_LENGTH).i64(EXTENT_MARGIN + 1, 0).op(OP.i64Add);
    code.get(SIZE).op(OP.i64ExtendI32U, OP.i64Sub, OP.i64LtU, OP.i32And, OP.if, VOID);
    low();
    code.get(RECORD).mem(OP.i32Load, EXTENT_ADDEND).op(OP.i32Add).set(PHYS);
    give(wanted);
    code.op(OP.end, OP.end, OP.end);
    // Others count, too: the region has to leave for them (window_misses.ts).
    count(() => code.get(WINDOW), MISSES, SPAN_MISSES);
    count(() => code.i32(WINDOWS), MISSES_LEFT, -SPAN_MISSES);
    slow();
    code.get(SIZE);
    if (access === TLB_WRITE) code.i32(-1).op(OP.i32Mul);
    code.get(IP).call(SPAN);
  } else if (kind === "store") {
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

/**
 * Entry of the TLB, page → whether an extent has the page; the TLB entry is made then. An address space with more memory than its TLB covers is
 * served without JavaScript so.
 */
const REFILL: FunctionType = { params: [I32, I64], results: [I32] };
function refill(): { locals: number[]; code: Code } {
  const ENTRY = 0, PAGE = 1, RECORD = 2, END = 3;
  const code = new Code();
  const extents = (from: number, fill: () => void) => {
    code.i32(4 * RUNNING_CPU).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl).i32(from).op(OP.i32Add).tee(
      RECORD,
    );
    code.i32(EXTENTS_BYTES).op(OP.i32Add).set(END);
    code.op(OP.loop, VOID).get(PAGE).get(RECORD).mem(OP.i64Load, 0).op(OP.i64Sub);
    code.get(RECORD).mem(OP.i64Load, EXTENT_LENGTH).op(OP.i64LtU, OP.if, VOID);
    fill();
    code.get(ENTRY).get(RECORD).mem(OP.i32Load, EXTENT_ADDEND).mem(OP.i32Store, 4 * TLB_ADDEND);
    code.i32(1).op(OP.return, OP.end);
    code.get(RECORD).i32(4 * EXTENT_WORDS).op(OP.i32Add).tee(RECORD).get(END).op(OP.i32LtU).brIf(0).op(
      OP.end,
    );
  };
  const enter = (tag: number, record: number) => {
    code.get(ENTRY).get(PAGE).mem(OP.i64Store, 4 * tag);
    code.get(ENTRY).get(RECORD).mem(OP.i32Store, 4 * record);
  };
  // What may be written may be read.
  extents(WRITABLE_EXTENTS, () => {
    enter(TLB_READ, TLB_READ_EXTENT);
    enter(TLB_WRITE, TLB_WRITE_EXTENT);
  });
  extents(READABLE_EXTENTS, () => {
    enter(TLB_READ, TLB_READ_EXTENT);
    code.get(ENTRY).i32(TLB_INVALID).mem(OP.i32Store, 4 * TLB_WRITE);
  });
  code.i32(0);
  return { locals: [I32, I32], code };
}

/** Instantiates the functions for MISS_READ … MISS_STORE, by number, over the slow paths. */
export function missFunctions(
  pages: number,
  memory: WebAssembly.Memory,
  table: WebAssembly.Table,
  slow: WebAssembly.ModuleImports,
): WebAssembly.ModuleImports {
  const functions = KINDS.map((kind, i) => ({ type: MISS[i]!, ...body(kind), name: String(i) }));
  functions.push({ type: REFILL, ...refill(), name: "refill" });
  const bytes = wasmModule({ pages, imports: SLOW, globals: 0, functions });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    m: { m: memory, t: table },
    f: slow,
  });
  return { ...instance.exports } as WebAssembly.ModuleImports;
}
