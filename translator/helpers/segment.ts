// Selectors, descriptors and far returns as user mode finds them under Linux (SDM vol. 2: MOV, LAR, LSL, VERR, VERW, RET, IRET)

import { BOUNCE, FS_BASE, GS_BASE, RIP, RSP, SEGMENTS, ZF } from "../cpu.ts";
import { fault, PF_USER, PF_WRITE, raise, VECTOR_GP, VECTOR_PF, WRITE } from "../env.ts";
import { readFlags, setStatusFlags, statusFlags, writeFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";
import { linear, type Runtime } from "../runtime.ts";

/** Numbers of the segment registers. */
export const CS = 1, SS = 2, FS = 4, GS = 5;
/** Selectors of a 64-bit program. */
export const USER_CS = 0x33, USER_SS = 0x2b;

/** Access rights as LAR shows them, and limits, of the descriptors that user mode may look at (setup_per_cpu_areas() and gdt_page of arch/x86). */
const DESCRIPTORS: Readonly<Record<number, { rights: number; limit: number }>> = {
  0x20: { rights: 0xcffb00, limit: -1 }, // 32-bit code
  0x28: { rights: 0xcff300, limit: -1 }, // data
  0x30: { rights: 0xaffb00, limit: -1 }, // 64-bit code
  0x78: { rights: 0x40f500, limit: 0 }, // the number of the processor
};
const WRITABLE = 0x28;

const descriptor = (selector: number) => DESCRIPTORS[selector & 0xfffc];
const isNull = (selector: number) => (selector & 0xfffc) === 0;

/** Slot `d` = the selector of a segment register. */
export function readSelector(c: number, d: number, number: number): void {
  I32[c + 2 * d] = number === CS ? USER_CS : number === SS ? USER_SS : I32[c + 2 * SEGMENTS + number];
  I32[c + 2 * d + 1] = 0;
}
/** A segment register other than CS = slot `s`. FS and GS lose their bases, which the descriptors do not have. */
export function loadSelector(c: number, number: number, s: number): void {
  const selector = I32[c + 2 * s] & 0xffff;
  const good = number === SS ? selector === USER_SS : isNull(selector) || descriptor(selector) !== undefined;
  if (!good) raise(VECTOR_GP, selector & 0xfffc);
  I32[c + 2 * SEGMENTS + number] = selector;
  if (number !== FS && number !== GS) return;
  const base = c + 2 * (number === FS ? FS_BASE : GS_BASE);
  I32[base] = I32[base + 1] = 0;
}

function setZero(c: number, zero: boolean): void {
  setStatusFlags(c, statusFlags(c) & ~ZF | (zero ? ZF : 0));
}
/** Slot `d` = access rights (or limit) for the selector in slot `s`, if there is such a descriptor; ZF tells. */
export function lar(c: number, d: number, s: number): void {
  const found = descriptor(I32[c + 2 * s]);
  if (found !== undefined) set(c, d, found.rights);
  setZero(c, found !== undefined);
}
export function lsl(c: number, d: number, s: number): void {
  const found = descriptor(I32[c + 2 * s]);
  if (found !== undefined) set(c, d, found.limit);
  setZero(c, found !== undefined);
}
export function verr(c: number, s: number): void {
  setZero(c, descriptor(I32[c + 2 * s]) !== undefined);
}
export function verw(c: number, s: number): void {
  setZero(c, (I32[c + 2 * s] & 0xfffc) === WRITABLE);
}
function set(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value;
  I32[c + 2 * slot + 1] = 0;
}

/**
 * SGDT, SIDT, SLDT, STR and SMSW: what Linux answers for the processors that refuse them to user programs (umip.c of arch/x86): tables of no length at
 * addresses of the kernel's, no local table, the task register and the usual CR0.
 */
export const GDT = 0, IDT = 1, LDT = 2, TASK_REGISTER = 3, CR0 = 4, TABLE_BYTES = 10;
export const ANSWERS: readonly { readonly lo: number; readonly hi: number }[] = [
  { lo: 0xfffe0000 | 0, hi: -1 },
  { lo: 0xffff0000 | 0, hi: -1 },
  { lo: 0, hi: 0 },
  { lo: 0x40, hi: 0 },
  { lo: 0x80050033 | 0, hi: 0 },
];
/** Stores the answer as the kernel does it: where that fails it says that nothing is mapped there, whatever the reason. */
export function storeAsKernel(
  H: Runtime,
  c: number,
  lo: number,
  hi: number,
  what: number,
  bytes: number,
): void {
  const { lo: first, hi: second } = ANSWERS[what]!, bounce = c + 2 * BOUNCE;
  const table = bytes === TABLE_BYTES;
  // A table: its limit in two bytes, then eight of its address.
  if ((lo & hi) === -1) raise(VECTOR_GP);
  I32[bounce] = table ? first << 16 : first;
  I32[bounce + 1] = first >>> 16 | second << 16;
  I32[bounce + 2] = second >>> 16;
  try {
    H.writeBytes(c, linear(lo, hi, WRITE), bounce << 2, bytes);
  } catch (e) {
    if (e !== fault) throw e;
    raise(VECTOR_PF, PF_USER | PF_WRITE, hi * 0x1_0000_0000 + (lo >>> 0), SIGSEGV, SEGV_MAPERR);
  }
}
const SIGSEGV = 11, SEGV_MAPERR = 1;

/** JMP and CALL through a far pointer: the selector must name the 64-bit code segment of user mode; its privilege level does not matter. */
export function checkFarTarget(c: number, cs: number): void {
  const selector = I32[c + 2 * cs] & 0xffff;
  if ((selector & 0xfffc) !== (USER_CS & 0xfffc)) raise(VECTOR_GP, selector & 0xfffc);
}
/** #GP for an offset that is no address, before anything of a far call is done for good. */
export function checkOffset(c: number, ip: number): void {
  const high = I32[c + 2 * ip + 1];
  if (high >> 15 !== high >> 31) raise(VECTOR_GP);
}

/** Only 64-bit code of user mode can be returned to: no address beyond it, no other segment. */
function checkTarget(c: number, ip: number, cs: number): void {
  const selector = I32[c + 2 * cs] & 0xffff;
  if (selector !== USER_CS) raise(VECTOR_GP, selector & 0xfffc);
  checkOffset(c, ip);
}
/** RETF to the address in slot `ip` and selector in `cs`, `bytes` being popped. */
export function farReturn(c: number, ip: number, cs: number, bytes: number): void {
  checkTarget(c, ip, cs);
  const rsp = c + 2 * RSP, lo = (I32[rsp] >>> 0) + bytes;
  I32[rsp] = lo;
  if (lo > 0xffff_ffff) I32[rsp + 1]++;
  I32[c + 2 * RIP] = I32[c + 2 * ip];
  I32[c + 2 * RIP + 1] = I32[c + 2 * ip + 1];
}
/** IRET of `size` bytes with what was popped in five slots from `at` on: RIP, CS, RFLAGS, RSP, SS. RIP is the caller's to set. */
export function interruptReturn(c: number, at: number, size: number): void {
  const stack = I32[c + 2 * (at + 4)] & 0xffff;
  checkTarget(c, at, at + 1);
  if (stack !== USER_SS) raise(VECTOR_GP, stack & 0xfffc);
  const flags = I32[c + 2 * (at + 2)];
  writeFlags(c, size === 2 ? readFlags(c) & ~0xffff | flags : flags);
  I32[c + 2 * RSP] = I32[c + 2 * (at + 3)];
  I32[c + 2 * RSP + 1] = I32[c + 2 * (at + 3) + 1];
}
