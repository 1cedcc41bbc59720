// Cases of Jcc, JMP, LOOPcc, JRCXZ, CALL and RET, direct and indirect. Every loop counts down, so that all end.

import type { Mem } from "../encode.ts";
import { le } from "../encode.ts";
import type { Snippet } from "../snippet.ts";
import { conditionEffect, FLAGS, ZF } from "../undefined_flags.ts";
import { readFlags } from "./arith.ts";

/**
 * Some instructions that leave RCX, RSP and the address registers alone and all flags defined. Between CALL and RET also
 * memory, where the return address lies.
 */
function body(s: Snippet, memoryPercent = 20): void {
  const rng = s.rng;
  for (let n = rng.between(0, 2); n > 0; n--) {
    const rm = rng.chance(memoryPercent) ? s.mem() : s.dataBut(1);
    if (rng.chance(60)) {
      s.add({ w: rng.chance(50), opcode: [rng.pick([0x01, 0x29, 0x39])], reg: s.data(), rm }, FLAGS.arith);
    } else s.add({ w: rng.chance(50), opcode: [0xff], reg: rng.below(2), rm }, FLAGS.incdec);
  }
}

/** Emits a branch with an 8- or 32-bit displacement and returns how to make it lead `here`. */
export function branch(s: Snippet, opcode: number[], near: boolean, effect = FLAGS.none): () => void {
  s.addBytes([...opcode, ...le(0, near ? 4 : 1)], effect);
  const end = s.bytes.length;
  return () => {
    le(s.bytes.length - end, near ? 4 : 1).forEach((b, i) => s.bytes[end - (near ? 4 : 1) + i] = b);
  };
}

export function control(s: Snippet): void {
  const rng = s.rng;
  switch (rng.below(8)) {
    case 0:
    case 1: {
      const cc = rng.below(16), near = rng.chance(40);
      const land = branch(s, near ? [0x0f, 0x80 + cc] : [0x70 + cc], near, conditionEffect(cc));
      body(s);
      return land();
    }
    case 2: {
      // LOOP, LOOPE, LOOPNE with RCX or ECX
      s.add({ opcode: [0xb8], plus: 1, imm: le(rng.between(1, 5), 4) });
      const top = s.bytes.length;
      body(s);
      const opcode = rng.pick([0xe0, 0xe1, 0xe2]);
      const bytes = [...(rng.chance(20) ? [0x67] : []), opcode];
      bytes.push(top - (s.bytes.length + bytes.length + 1) & 255);
      return s.addBytes(bytes, opcode === 0xe2 ? FLAGS.none : { reads: ZF, writes: 0, undefined: 0 });
    }
    case 3: {
      s.inputs.set(1, (r) => {
        r.lo = r.chance(50) ? 0 : 5;
        r.hi = r.chance(50) ? 0 : r.next();
      });
      const land = branch(s, [...(rng.chance(50) ? [0x67] : []), 0xe3], false);
      body(s);
      return land();
    }
    case 4:
      return callAndReturn(s);
    case 5:
    case 6:
      return indirect(s);
    default:
      return readFlags(s);
  }
}

function callAndReturn(s: Snippet): void {
  const land = branch(s, [0xe8], true);
  body(s, 0);
  const near = s.rng.chance(50);
  const jump = branch(s, near ? [0xe9] : [0xeb], near);
  land();
  body(s, 0);
  s.addBytes(s.rng.chance(70) ? [0xc3] : [0xc2, 8 * s.rng.below(4), 0]);
  jump();
}

/** JMP or CALL through a register or memory to a place further on; what CALL pushed is popped. */
function indirect(s: Snippet): void {
  const rng = s.rng, r = s.dataBut(1), call = rng.chance(50);
  s.addBytes([0x48 | (r >> 3) << 2, 0x8d, 5 | (r & 7) << 3, 0, 0, 0, 0]);
  const end = s.bytes.length;
  let rm: Mem | number = r;
  if (rng.chance(50)) {
    rm = s.mem();
    s.add({ w: true, opcode: [0x89], reg: r, rm });
  }
  s.add({ opcode: [0xff], reg: call ? 2 : 4, rm });
  body(s);
  le(s.bytes.length - end, 4).forEach((b, i) => s.bytes[end - 4 + i] = b);
  if (call) s.add({ opcode: [0x58], plus: s.dataBut(1) });
}
