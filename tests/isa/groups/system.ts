// Cases of instructions that do nothing (NOP forms, fences, prefetches) and of those user programs may not use:
// privileged and invalid ones, and the software interrupts, which all end in a signal.

import { le } from "../encode.ts";
import type { Snippet } from "../snippet.ts";
import { FLAGS } from "../undefined_flags.ts";

const NOTHING: readonly (readonly number[])[] = [
  [0x90],
  [0x66, 0x90],
  [0xf3, 0x90], // PAUSE
  [0x48, 0x90],
  [0xf3, 0x0f, 0x1e, 0xfa], // ENDBR64
  [0x0f, 0xae, 0xe8], // LFENCE
  [0x0f, 0xae, 0xf0], // MFENCE
  [0x0f, 0xae, 0xf8], // SFENCE
  [0x9b], // FWAIT
];

const FAULTS: readonly (readonly number[])[] = [
  [0x0f, 0x0b], // UD2
  [0x0f, 0xff, 0xc0], // UD0
  [0x0f, 0xb9, 0xc0], // UD1
  [0xcc], // INT3
  [0xcd, 3],
  [0xcd, 4],
  [0xcd, 0x20],
  [0xcd, 0xff],
  [0xf4], // HLT
  [0xfa], // CLI
  [0xfb], // STI
  [0xe4, 0x60], // IN, OUT
  [0xe6, 0x60],
  [0xe5, 0x60],
  [0xec],
  [0xed],
  [0xee],
  [0xef],
  [0x6c], // INSB
  [0x6e], // OUTSB
  [0x0f, 0x06], // CLTS
  [0x0f, 0x08], // INVD
  [0x0f, 0x09], // WBINVD
  [0x0f, 0x20, 0xc0], // MOV from CR0
  [0x0f, 0x22, 0xc0],
  [0x0f, 0x21, 0xc0], // MOV from DR0
  [0x0f, 0x30], // WRMSR
  [0x0f, 0x32], // RDMSR
  [0x0f, 0x01, 0xf8], // SWAPGS
  [0x0f, 0x07], // SYSRET
  [0x0f, 0x00, 0xd8], // LTR
  [0x0f, 0x00, 0xd0], // LLDT
  // Not in 64-bit mode
  [0x06],
  [0x07],
  [0x0e],
  [0x16],
  [0x17],
  [0x1e],
  [0x1f],
  [0x27],
  [0x2f],
  [0x37],
  [0x3f],
  [0x60],
  [0x61],
  [0x82, 0xc0, 1],
  [0xce],
  [0xd4, 10],
  [0xd5, 10],
  [0xd6],
  [0x9a, 0, 0, 0, 0, 0, 0],
  [0xea, 0, 0, 0, 0, 0, 0],
  // LOCK where there is nothing to lock
  [0xf0, 0x90],
  [0xf0, 0x01, 0xc0],
  [0xf0, 0x88, 0x00],
  [0xf0, 0x39, 0x00],
  // Reserved opcodes
  [0x0f, 0x0a],
  [0x0f, 0x0c],
  [0x0f, 0x04],
  [0x8d, 0xc0], // LEA of a register
  [0xff, 0xf8],
  [0xc6, 0xc8, 0],
  [0x8f, 0xc8, 0],
  [0xfe, 0xd0],
];

/** LAR, LSL, VERR, VERW of selectors that user mode may ask for, and others. The one that holds the processor's number is left out. */
function descriptors(s: Snippet): void {
  const { rng } = s, selector = s.data(), ask = rng.chance(50);
  const value = rng.chance(70) ? 8 * rng.below(9) + rng.below(8) : rng.below(0x70);
  s.add({ w: true, opcode: [0xc7], reg: 0, rm: selector, imm: le(value, 4) });
  s.add({
    prefixes: rng.pick([[], [], [0x66]]),
    w: rng.chance(30),
    opcode: [0x0f, ask ? rng.pick([2, 3]) : 0],
    reg: ask ? s.data() : rng.pick([4, 5]),
    rm: selector,
  }, FLAGS.zero);
}
/** RETF to the instruction behind it, with the right selector or another. */
function farReturn(s: Snippet): void {
  const { rng } = s, r = s.data();
  const selector = rng.chance(80) ? 0x33 : rng.pick([0, 0x10, 0x2b, 0x30, 0x32, 0x40]);
  s.addBytes([0x6a, selector]);
  // LEA r, [RIP + 4 or 5]: behind PUSH r and RETF
  s.add({ w: true, opcode: [0x8d], reg: r, rm: { ...NEAR, disp: s.here + 7 + (r < 8 ? 3 : 4) } });
  s.add({ opcode: [0x50], plus: r });
  s.addBytes([0x48, 0xcb]);
}
/** JMP and CALL through a far pointer below the stack, with the right selector or another; LSS, and LFS and LGS with selectors that fault. */
function farPointer(s: Snippet): void {
  const { rng } = s, r = s.data(), form = rng.below(5), jumps = form < 3;
  const selector = jumps
    ? rng.chance(70) ? 0x33 : rng.pick([0x30, 0x32, 0, 0x10, 0x2b, 0x40])
    : form === 3
    ? rng.pick([0x2b, 0x2b, 0, 0x33, 0x10])
    : rng.pick([0x10, 0x18, 0x40, 0x48]);
  // LEA r, [RIP + what follows]; MOV [RSP - 16], r; MOV word [RSP - 12], selector
  s.add({ w: true, opcode: [0x8d], reg: r, rm: { ...NEAR, disp: s.here + 7 + (r < 8 ? 4 : 5) + 7 + 4 } });
  s.add({ opcode: [0x89], reg: r, rm: { ...NEAR, rip: false, base: 4, disp: -16 } });
  s.addBytes([0x66, 0xc7, 0x44, 0x24, 0xf4, selector, 0]);
  if (jumps) return s.addBytes([0xff, form === 0 ? 0x5c : 0x6c, 0x24, 0xf0]);
  s.addBytes([0x0f, form === 3 ? 0xb2 : rng.pick([0xb4, 0xb5]), 0x44, 0x24, 0xf0]);
}
const NEAR = { base: -1, index: -1, scale: 0, disp: 0, segment: 0, addr32: false, rip: true };

export function system(s: Snippet): void {
  const rng = s.rng;
  if (rng.chance(35)) return s.addBytes([...rng.pick(FAULTS)]);
  switch (rng.below(7)) {
    case 5:
      return farPointer(s);
    case 3:
      return descriptors(s);
    case 4:
      return farReturn(s);
    case 0:
      return s.add({
        opcode: [0x0f, rng.pick([0x18, 0x0d, 0x19, 0x1c, 0x1d, 0x1f])],
        reg: rng.below(4),
        rm: s.mem(),
      });
    case 1: // CLFLUSH checks its address as a load does
      return s.add({ opcode: [0x0f, 0xae], reg: 7, rm: s.mem() });
    case 2: // MOV from segment registers that are the same in every 64-bit Linux program
      return s.add({
        w: rng.chance(50),
        opcode: [0x8c],
        reg: rng.pick([0, 1, 2, 3]),
        rm: rng.chance(50) ? s.data() : s.mem(),
      });
    default:
      return s.addBytes([...rng.pick(NOTHING)]);
  }
}
