// Are two sets of records the same, apart from what the architecture leaves open?

import * as L from "./layout.ts";
import type { Suite } from "./suite.ts";
import { ALL, DF } from "./undefined_flags.ts";

export interface Mismatch {
  snippet: number;
  run: number;
  /** Names of the fields that differ. */
  fields: string[];
}

const RESUME_FLAG = 0x1_0000;
const TRAP_PAGE_FAULT = 14, SIGFPE = 8, TRAP_X87 = 16;
export const GPR_NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"].concat(
  [8, 9, 10, 11, 12, 13, 14, 15].map((n) => `r${n}`),
);

/** The first mismatch of each snippet. */
export function compareRecords(suite: Suite, expected: Uint8Array, actual: Uint8Array): Mismatch[] {
  const out: Mismatch[] = [];
  const size = L.recordBytes(suite.kind);
  const e = new DataView(expected.buffer, expected.byteOffset),
    a = new DataView(actual.buffer, actual.byteOffset);
  suite.snippets.forEach((s, snippet) => {
    for (let run = 0; run < suite.runsPerSnippet; run++) {
      const at = size * (snippet * suite.runsPerSnippet + run);
      const fields = differences(suite.kind, e, a, at, s.undefined, s.everUndefined);
      if (fields.length) {
        out.push({ snippet, run, fields });
        return;
      }
    }
  });
  return out;
}

function same64(e: DataView, a: DataView, at: number): boolean {
  return e.getInt32(at, true) === a.getInt32(at, true) &&
    e.getInt32(at + 4, true) === a.getInt32(at + 4, true);
}

function differences(
  kind: L.Kind,
  e: DataView,
  a: DataView,
  at: number,
  undefinedFlags: number,
  everUndefined: number,
): string[] {
  const fields: string[] = [];
  for (let r = 0; r < 16; r++) if (!same64(e, a, at + 8 * r)) fields.push(GPR_NAMES[r]);
  const faulted = e.getInt32(at + L.R_SIGNO, true) !== 0 || a.getInt32(at + L.R_SIGNO, true) !== 0;
  const flags = e.getInt32(at + L.R_FLAGS, true) ^ a.getInt32(at + L.R_FLAGS, true);
  // An instruction that faults may have left its own undefined flags behind.
  if (flags & ~RESUME_FLAG & ~(faulted ? everUndefined | undefinedFlags : undefinedFlags)) {
    fields.push("rflags");
  }
  for (let i = 0; i < L.WINDOW_BYTES; i += 8) {
    if (!same64(e, a, at + L.R_WINDOWS + i)) fields.push(`[a+${i}]`);
    if (!same64(e, a, at + L.R_WINDOWS + L.WINDOW_BYTES + i)) fields.push(`[b+${i}]`);
  }
  if (faulted) compareFault(e, a, at, fields);
  if (kind !== "int") compareFp(e, a, at, faulted, fields);
  if (kind === "avx") {
    for (let i = 0; i < 16; i++) {
      const x = at + L.R_UPPER + 16 * i;
      if (!same64(e, a, x) || !same64(e, a, x + 8)) fields.push(`ymm${i}`);
    }
  }
  return fields;
}

function compareFault(e: DataView, a: DataView, at: number, fields: string[]): void {
  if (e.getInt32(at + L.R_SIGNO, true) !== a.getInt32(at + L.R_SIGNO, true)) fields.push("signo");
  const trap = e.getInt32(at + L.R_TRAP, true);
  const floating = e.getInt32(at + L.R_SIGNO, true) === SIGFPE && trap >= TRAP_X87;
  if (!floating && e.getInt32(at + L.R_SICODE, true) !== a.getInt32(at + L.R_SICODE, true)) {
    fields.push("si_code");
  }
  if (!same64(e, a, at + L.R_SIADDR)) fields.push("si_addr");
  if (!same64(e, a, at + L.R_RIP)) fields.push("rip");
  if (trap !== a.getInt32(at + L.R_TRAP, true)) fields.push("trapno");
  else if (
    trap === TRAP_PAGE_FAULT && (e.getInt32(at + L.R_ERROR, true) ^ a.getInt32(at + L.R_ERROR, true)) & 0x12
  ) {
    fields.push("error");
  }
}

function compareFp(e: DataView, a: DataView, at: number, faulted: boolean, fields: string[]): void {
  for (let i = 0; i < 16; i++) {
    const x = at + L.R_XMM + 16 * i;
    if (!same64(e, a, x) || !same64(e, a, x + 8)) fields.push(`xmm${i}`);
  }
  if (e.getInt32(at + L.R_MXCSR, true) !== a.getInt32(at + L.R_MXCSR, true)) fields.push("mxcsr");
  const word = (name: string, offset: number) => {
    const p = at + L.R_X87 + offset;
    if (e.getUint16(p, true) !== a.getUint16(p, true)) fields.push(name);
  };
  word("fcw", 0);
  word("fsw", 4);
  word("ftw", 8);
  const top = e.getUint16(at + L.R_X87 + 4, true) >> 11 & 7, tags = e.getUint16(at + L.R_X87 + 8, true);
  for (let i = 0; i < 8; i++) {
    const physical = top + i & 7;
    // Contents of empty registers are nobody's business. After a fault the tag word is FXSAVE's.
    if (faulted ? (tags >> physical & 1) === 0 : (tags >> 2 * physical & 3) === 3) continue;
    const p = at + L.R_X87 + 28 + 10 * i;
    if (!same64(e, a, p) || e.getUint16(p + 8, true) !== a.getUint16(p + 8, true)) fields.push(`st${i}`);
  }
}

/** Names of the flag bits set in `flags`. */
export function flagNames(flags: number): string {
  const names: [number, string][] = [[1, "CF"], [4, "PF"], [0x10, "AF"], [0x40, "ZF"], [0x80, "SF"], [
    DF,
    "DF",
  ], [0x800, "OF"]];
  const text = names.filter(([bit]) => flags & bit).map(([, name]) => name).join(" ");
  return flags & ~(ALL | DF | RESUME_FLAG | 0x202) ? `${text} +0x${(flags >>> 0).toString(16)}` : text;
}
