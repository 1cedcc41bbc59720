// What does a person need to see of a mismatch? The smallest failing case: its instructions, the inputs, and expected
// beside actual results.

import * as iced from "iced-x86";
import { flagNames, GPR_NAMES, type Mismatch } from "./compare.ts";
import * as L from "./layout.ts";
import type { Snippet } from "./snippet.ts";
import type { Suite } from "./suite.ts";

/** The snippet's instructions with addresses and bytes; NOPs that minimising put in are left out. */
export function disassembleSnippet(s: Snippet): string[] {
  const lines: string[] = [];
  for (const { offset, length } of s.instructions) {
    const bytes = Uint8Array.from(s.bytes.slice(offset, offset + length));
    if (length && bytes.every((b) => b === 0x90)) continue;
    const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
    decoder.ip = BigInt(s.address + offset);
    const i = decoder.decode();
    const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
    lines.push(`${(s.address + offset).toString(16)}  ${hex.padEnd(24)}  ${i.toString()}`);
    i.free();
    decoder.free();
  }
  return lines;
}

function hex64(view: DataView, at: number): string {
  return view.getBigUint64(at, true).toString(16).padStart(16, "0");
}

export function describe(suite: Suite, expected: Uint8Array, actual: Uint8Array, m: Mismatch): string {
  const size = L.recordBytes(suite.kind);
  const at = size * (m.snippet * suite.runsPerSnippet + m.run);
  const views = [suite.records, expected, actual].map((r) => new DataView(r.buffer, r.byteOffset + at, size));
  const [input, e, a] = views;
  const s = suite.snippets[m.snippet];
  const out = [
    `group ${suite.group}, seed ${suite.seed}, snippet ${m.snippet}, run ${m.run}: ${m.fields.join(" ")}`,
    ...disassembleSnippet(s).map((line) => "    " + line),
    `  ${"".padEnd(8)} ${"input".padEnd(16)} ${"expected".padEnd(16)} actual`,
  ];
  const row = (name: string, offset: number) => {
    const mark = m.fields.includes(name) ? "*" : " ";
    out.push(`${mark} ${name.padEnd(8)} ${hex64(input, offset)} ${hex64(e, offset)} ${hex64(a, offset)}`);
  };
  GPR_NAMES.forEach((name, r) => row(name, 8 * r));
  const mark = m.fields.includes("rflags") ? "*" : " ";
  out.push(
    `${mark} rflags   ${
      views.map((v) => flagNames(v.getInt32(L.R_FLAGS, true)) || "-").join(" | ")
    }   (undefined: ${flagNames(s.undefined) || "-"})`,
  );
  for (let i = 0; i < L.WINDOW_BYTES; i += 8) {
    if (m.fields.includes(`[a+${i}]`)) row(`[a+${i}]`, L.R_WINDOWS + i);
    if (m.fields.includes(`[b+${i}]`)) row(`[b+${i}]`, L.R_WINDOWS + L.WINDOW_BYTES + i);
  }
  if (e.getInt32(L.R_SIGNO, true) || a.getInt32(L.R_SIGNO, true)) {
    const faults: [string, number][] = [
      ["signo", L.R_SIGNO],
      ["si_code", L.R_SICODE],
      ["si_addr", L.R_SIADDR],
      ["rip", L.R_RIP],
      ["trapno", L.R_TRAP],
      ["error", L.R_ERROR],
    ];
    for (const [name, offset] of faults) row(name, offset);
  }
  if (suite.kind !== "int") describeFp(m, views, out, suite.kind);
  return out.join("\n");
}

function describeFp(m: Mismatch, views: DataView[], out: string[], kind: L.Kind): void {
  const text = (name: string, offset: number, bytes: number) => {
    const values = views.map((v) => {
      let hex = "";
      for (let i = bytes - 1; i >= 0; i--) hex += v.getUint8(offset + i).toString(16).padStart(2, "0");
      return hex;
    });
    const mark = m.fields.includes(name) ? "*" : " ";
    out.push(`${mark} ${name.padEnd(6)} ${values.join(" ")}`);
  };
  const all = m.fields.some((f) => /^st\d|^f[cst]w/.test(f));
  for (let i = 0; i < 16; i++) {
    if (m.fields.some((f) => f.startsWith("xmm"))) text(`xmm${i}`, L.R_XMM + 16 * i, 16);
    if (kind === "avx" && m.fields.some((f) => f.startsWith("ymm"))) text(`ymm${i}`, L.R_UPPER + 16 * i, 16);
  }
  text("mxcsr", L.R_MXCSR, 4);
  if (!all) return;
  text("fcw", L.R_X87, 2);
  text("fsw", L.R_X87 + 4, 2);
  text("ftw", L.R_X87 + 8, 2);
  for (let i = 0; i < 8; i++) text(`st${i}`, L.R_X87 + 28 + 10 * i, 10);
}
