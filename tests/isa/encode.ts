// How do the bytes of a test instruction come about? A direct encoder: prefixes, REX, opcode, ModRM, SIB,
// displacement, immediate. It knows no instructions; the groups name opcodes as the manual's tables do. That way
// redundant and odd encodings, which an assembler would never choose, are tested too.

/** General registers 0–15; as 8-bit operands 16–19 are AH, CH, DH, BH. */
export type Reg = number;
export const AH = 16;

export interface Mem {
  /** −1: none. */
  base: number;
  index: number;
  /** 0–3. */
  scale: number;
  disp: number;
  /** Encode the displacement in four bytes even if one would do. */
  wide?: boolean;
  /** RIP-relative; `disp` is the absolute target then. */
  rip?: boolean;
  /** Segment prefix byte, 0 if none. */
  segment: number;
  addr32: boolean;
}

export interface Encoding {
  /** Legacy prefixes in order, operand size and mandatory ones included. */
  prefixes?: readonly number[];
  w?: boolean;
  opcode: readonly number[];
  /** ModRM.reg: a register or an opcode extension. */
  reg?: Reg;
  rm?: Reg | Mem;
  /** Register added to the last opcode byte. */
  plus?: Reg;
  /** The named operand is an 8-bit register, so 4–7 mean SPL–DIL. */
  regIs8?: boolean;
  rmIs8?: boolean;
  imm?: readonly number[];
}

/** Little-endian bytes of `value`. */
export function le(value: number, bytes: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < bytes; i++) out.push(i < 4 ? (value >> (8 * i)) & 255 : value < 0 ? 255 : 0);
  return out;
}

/** Encodes one instruction that will stand at `address`. */
export function encode(e: Encoding, address: number): number[] {
  const out = [...(e.prefixes ?? [])];
  const mem = typeof e.rm === "object" ? e.rm : undefined;
  if (mem?.segment) out.unshift(mem.segment);
  if (mem?.addr32) out.unshift(0x67);
  let reg = e.reg ?? 0, rm = typeof e.rm === "number" ? e.rm : 0, plus = e.plus ?? 0;
  const byte4 = (r: number) => r >= 4 && r < 8;
  const rexNeeded = e.w || (reg > 7 && reg < AH) || (rm > 7 && rm < AH) || (plus > 7 && plus < AH) ||
    (mem && ((mem.base > 7) || (mem.index > 7))) || (e.regIs8 && byte4(reg)) || (e.rmIs8 && byte4(rm)) ||
    (e.regIs8 && e.plus !== undefined && byte4(plus));
  // AH–BH have the numbers of SPL–DIL and exist only without REX; with one, take the low byte instead.
  const fix = (r: number) => r < AH ? r : rexNeeded ? r - AH : r - AH + 4;
  reg = fix(reg);
  rm = fix(rm);
  plus = fix(plus);
  if (rexNeeded) {
    const b = mem ? Math.max(mem.base, 0) : e.plus !== undefined ? plus : rm;
    const x = mem ? Math.max(mem.index, 0) : 0;
    out.push(0x40 | (e.w ? 8 : 0) | (reg >> 3) << 2 | (x >> 3) << 1 | b >> 3);
  }
  out.push(...e.opcode);
  if (e.plus !== undefined) out[out.length - 1] += plus & 7;
  const imm = e.imm ?? [];
  if (mem) modrm(out, reg & 7, mem, imm.length, address);
  else if (e.rm !== undefined) out.push(0xc0 | (reg & 7) << 3 | rm & 7);
  out.push(...imm);
  return out;
}

function modrm(out: number[], reg: number, m: Mem, immLength: number, address: number): void {
  const r = reg << 3;
  if (m.rip) {
    out.push(r | 5, ...le(m.disp - (address + out.length + 5 + immLength) | 0, 4));
    return;
  }
  if (m.base < 0) {
    out.push(r | 4, m.scale << 6 | (m.index < 0 ? 4 : m.index & 7) << 3 | 5, ...le(m.disp, 4));
    return;
  }
  const mod = m.wide || m.disp < -128 || m.disp > 127 ? 2 : m.disp !== 0 || (m.base & 7) === 5 ? 1 : 0;
  if (m.index >= 0 || (m.base & 7) === 4) {
    out.push(mod << 6 | r | 4, m.scale << 6 | (m.index < 0 ? 4 : m.index & 7) << 3 | m.base & 7);
  } else {
    out.push(mod << 6 | r | m.base & 7);
  }
  if (mod) out.push(...le(m.disp, mod === 1 ? 1 : 4));
}
