// The text form of IR, for --dump ir and tests.

import { SEGMENTS } from "./op.ts";
import type { Const, Mem } from "./op.ts";
import type { IrBlock, IrOp } from "./block.ts";
import { FLAG_A, FLAG_B, FLAG_C, FLAG_R, FLAGS, FS_BASE, GS_BASE, RIP, TEMPS, YMM } from "../cpu.ts";

const NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
const SPECIAL: Record<number, string> = {
  [RIP]: "rip",
  [FLAGS]: "flags",
  [FLAG_A]: "fa",
  [FLAG_B]: "fb",
  [FLAG_R]: "fr",
  [FLAG_C]: "fc",
  [FS_BASE]: "fsbase",
  [GS_BASE]: "gsbase",
};

export function slotName(slot: number): string {
  if (slot < 8) return NAMES[slot]!;
  if (slot < 16) return `r${slot}`;
  if (slot >= TEMPS) return `t${slot - TEMPS}`;
  if (slot >= YMM) {
    const part = (slot - YMM) % 4;
    return `xmm${(slot - YMM) >> 2}${part === 0 ? "" : `.${part}`}`;
  }
  return SPECIAL[slot] ?? `s${slot}`;
}

function constantText(k: Const): string {
  const value = (BigInt(k.hi) << 32n) | BigInt(k.lo >>> 0);
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function memText(m: Mem): string {
  const parts: string[] = [];
  if (m.base >= 0) parts.push(slotName(m.base));
  if (m.index >= 0) parts.push(`${slotName(m.index)}*${1 << m.scale}`);
  if (parts.length === 0 || m.dispLo !== 0 || m.dispHi !== 0) {
    parts.push(constantText({ lo: m.dispLo, hi: m.dispHi }));
  }
  return `${m.segment >= 0 ? SEGMENTS[m.segment] + ":" : ""}${m.address32 ? "a32 " : ""}[${parts.join("+")}]`;
}

/** A helper's name, a link's target, or else what the object holds. */
function objectText(a: unknown): string {
  if (typeof a === "function") return a.name;
  const { address } = a as { address?: number };
  return address === undefined ? JSON.stringify(a) : `->${address.toString(16)}`;
}

export function opText(o: IrOp): string {
  const parts = [...o.def.args].map((kind, n) => {
    const a = o.args[n];
    switch (kind) {
      case "d":
        return slotName(a as number);
      case "r":
        return typeof a === "number" ? slotName(a) : constantText(a as Const);
      case "m":
        return memText(a as Mem);
      case "l":
      case "o":
        return objectText(a);
      default:
        return `#${a}`;
    }
  });
  return `${o.def.name} ${parts.join(", ")}`.trimEnd();
}

/** One operation a line, with the address of the instruction where it changes. */
export function blockText(block: IrBlock): string {
  let out = `block ${block.address.toString(16)} (${block.instructions} instructions)\n`;
  let ip = -1;
  for (const o of block.ops) {
    out += `${o.ip === ip ? "".padStart(14) : o.ip.toString(16).padStart(12) + ": "}${opText(o)}\n`;
    ip = o.ip;
  }
  return out;
}
