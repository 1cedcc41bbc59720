// How does the floating-point part of a record map to the CPU state? XMM registers and MXCSR as they are; the x87
// registers as FNSAVE's image (SDM vol. 1, figure 8-9): control, status and tag word, then ST(0)–ST(7).

import * as cpu from "../../translator/cpu.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { type Kind, R_MXCSR, R_UPPER, R_X87, R_XMM } from "./layout.ts";

const ENVIRONMENT = 28, REGISTER = 10;
const TAG_VALID = 0, TAG_ZERO = 1, TAG_SPECIAL = 2, TAG_EMPTY = 3;

export function loadFp(c: number, record: DataView, kind: Kind): void {
  for (let i = 0; i < 16; i++) {
    for (let w = 0; w < 4; w++) {
      I32[c + 2 * cpu.xmmSlot(i) + w] = record.getInt32(R_XMM + 16 * i + 4 * w, true);
      if (kind === "avx") {
        I32[c + 2 * cpu.xmmSlot(i) + 4 + w] = record.getInt32(R_UPPER + 16 * i + 4 * w, true);
      }
    }
  }
  I32[c + 2 * cpu.MXCSR] = record.getInt32(R_MXCSR, true);
  const status = record.getUint16(R_X87 + 4, true), tags = record.getUint16(R_X87 + 8, true);
  I32[c + 2 * cpu.FPU_CONTROL] = record.getUint16(R_X87, true);
  I32[c + 2 * cpu.FPU_CONTROL + 1] = status;
  const top = status >> 11 & 7;
  let used = 0;
  for (let p = 0; p < 8; p++) {
    if ((tags >> 2 * p & 3) !== TAG_EMPTY) used |= 1 << p;
    const from = R_X87 + ENVIRONMENT + REGISTER * ((p - top) & 7);
    const word = c + 2 * (cpu.FPU_REGS + 2 * p);
    I32[word] = record.getInt32(from, true);
    I32[word + 1] = record.getInt32(from + 4, true);
    I32[word + 2] = record.getUint16(from + 8, true);
    I32[word + 3] = 0;
  }
  I32[c + 2 * cpu.FPU_TAG] = used;
  I32[c + 2 * cpu.FPU_TAG + 1] = 0;
}

/** After a fault the tag word is the abridged one, as the program's signal handler finds it. */
export function storeFp(c: number, record: DataView, kind: Kind, faulted: boolean): void {
  for (let i = 0; i < 16; i++) {
    for (let w = 0; w < 4; w++) {
      record.setInt32(R_XMM + 16 * i + 4 * w, I32[c + 2 * cpu.xmmSlot(i) + w], true);
      if (kind === "avx") {
        record.setInt32(R_UPPER + 16 * i + 4 * w, I32[c + 2 * cpu.xmmSlot(i) + 4 + w], true);
      }
    }
  }
  record.setInt32(R_MXCSR, I32[c + 2 * cpu.MXCSR], true);
  const status = I32[c + 2 * cpu.FPU_CONTROL + 1], top = status >> 11 & 7;
  if (faulted) {
    for (let i = 0; i < 112; i += 4) record.setInt32(R_X87 + i, 0, true);
    record.setUint16(R_X87, I32[c + 2 * cpu.FPU_CONTROL], true);
    record.setUint16(R_X87 + 4, status, true);
    record.setUint16(R_X87 + 8, I32[c + 2 * cpu.FPU_TAG], true);
    for (let p = 0; p < 8; p++) storeRegister(c, record, p, top);
    return;
  }
  record.setInt32(R_X87, I32[c + 2 * cpu.FPU_CONTROL] & 0xffff | 0xffff_0000, true);
  record.setInt32(R_X87 + 4, status & 0xffff | 0xffff_0000, true);
  let tags = 0;
  for (let p = 0; p < 8; p++) {
    const at = storeRegister(c, record, p, top);
    tags |= tagOf(at, (I32[c + 2 * cpu.FPU_TAG] >> p & 1) !== 0) << 2 * p;
  }
  record.setInt32(R_X87 + 8, tags | 0xffff_0000, true);
}

/** Puts physical register `p` where ST(i) belongs; returns its address. */
function storeRegister(c: number, record: DataView, p: number, top: number): number {
  const at = (c + 2 * (cpu.FPU_REGS + 2 * p)) << 2;
  const to = R_X87 + ENVIRONMENT + REGISTER * ((p - top) & 7);
  for (let b = 0; b < REGISTER; b++) record.setUint8(to + b, U8[at + b]);
  return at;
}

function tagOf(at: number, used: boolean): number {
  if (!used) return TAG_EMPTY;
  const exponent = (U8[at + 8] | U8[at + 9] << 8) & 0x7fff;
  if (exponent === 0x7fff) return TAG_SPECIAL;
  const integerBit = U8[at + 7] >> 7;
  if (exponent === 0) {
    let bits = 0;
    for (let b = 0; b < 8; b++) bits |= U8[at + b];
    return bits ? TAG_SPECIAL : TAG_ZERO;
  }
  return integerBit ? TAG_VALID : TAG_SPECIAL;
}
