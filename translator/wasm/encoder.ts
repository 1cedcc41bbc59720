// WebAssembly's binary format, as far as the translator writes it (WebAssembly Core Specification 2.0, chapter 5).

export const I32 = 0x7f, I64 = 0x7e, F32 = 0x7d, F64 = 0x7c, V128 = 0x7b, VOID = 0x40;

const number64 = new DataView(new ArrayBuffer(8));

/** Bytes being written; LEB128 numbers and instruction mnemonics on top. */
export class Code {
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Branches whose usual outcome is known: 2 * offset of the instruction, + 1 when its condition is likely to hold. */
  readonly hints: number[] = [];
  /** Places where something is put in later (link.ts): of each the offset, and kind + 8 * number. */
  readonly holes: number[] = [];

  get length(): number {
    return this.#length;
  }
  /** What has been written, until more is. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
  /** A copy of it. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.written().slice();
  }
  clear(): void {
    this.#length = this.hints.length = this.holes.length = 0;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
  #byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  op(...codes: number[]): this {
    for (let i = 0; i < codes.length; i++) this.#byte(codes[i]!);
    return this;
  }
  u(value: number): this {
    do {
      const low = value & 0x7f;
      value >>>= 7;
      this.#byte(value === 0 ? low : low | 0x80);
    } while (value !== 0);
    return this;
  }
  s(value: number): this {
    for (;;) {
      const low = value & 0x7f;
      value >>= 7;
      if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) {
        this.#byte(low);
        return this;
      }
      this.#byte(low | 0x80);
    }
  }
  /** A signed 64-bit number given as two int32 halves. */
  s64(lo: number, hi: number): this {
    for (;;) {
      const low = lo & 0x7f;
      lo = (lo >>> 7) | (hi << 25);
      hi >>= 7;
      if ((lo === 0 && hi === 0 && (low & 0x40) === 0) || (lo === -1 && hi === -1 && (low & 0x40) !== 0)) {
        this.#byte(low);
        return this;
      }
      this.#byte(low | 0x80);
    }
  }
  f64Const(value: number): this {
    number64.setFloat64(0, value, true);
    this.#byte(0x44);
    for (let i = 0; i < 8; i++) this.#byte(number64.getUint8(i));
    return this;
  }

  get(local: number): this {
    return this.op(0x20).u(local);
  }
  set(local: number): this {
    return this.op(0x21).u(local);
  }
  tee(local: number): this {
    return this.op(0x22).u(local);
  }
  i32(value: number): this {
    return this.op(0x41).s(value);
  }
  i64(lo: number, hi: number): this {
    return this.op(0x42).s64(lo, hi);
  }
  global(index: number): this {
    return this.op(0x23).u(index);
  }
  call(index: number): this {
    return this.op(0x10).u(index);
  }
  /** The `if` or `br_if` that comes next: is its condition likely to hold? */
  hint(likely: boolean): this {
    this.hints.push(2 * this.#length + (likely ? 1 : 0));
    return this;
  }
  br(depth: number): this {
    return this.op(0x0c).u(depth);
  }
  brIf(depth: number): this {
    return this.op(0x0d).u(depth);
  }
  /** A load or store: opcode, natural alignment hint 0 (guest addresses need none), constant offset. */
  mem(opcode: number, offset: number): this {
    return this.op(opcode, 0).u(offset);
  }
  /** A SIMD instruction. */
  simd(opcode: number): this {
    return this.op(0xfd).u(opcode);
  }
  /** What `kind` stands for is put in here later. */
  hole(kind: number, n: number): this {
    this.holes.push(this.#length, kind + 8 * n);
    return this;
  }
  append(other: Code): this {
    for (const hint of other.hints) this.hints.push(2 * this.#length + hint);
    for (let i = 0; i < other.holes.length; i += 2) {
      this.holes.push(this.#length + other.holes[i]!, other.holes[i + 1]!);
    }
    return this.bytes(other.written());
  }
  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }
}

// Opcodes by name, for readers of the emitter.
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  brTable: 0x0e,
  return: 0x0f,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  i32Load: 0x28,
  i64Load: 0x29,
  f64Load: 0x2b,
  i32Load8s: 0x2c,
  i32Load8u: 0x2d,
  i32Load16s: 0x2e,
  i32Load16u: 0x2f,
  i64Load8s: 0x30,
  i64Load8u: 0x31,
  i64Load16s: 0x32,
  i64Load16u: 0x33,
  i64Load32s: 0x34,
  i64Load32u: 0x35,
  i32Store: 0x36,
  i64Store: 0x37,
  f64Store: 0x39,
  i32Store8: 0x3a,
  i32Store16: 0x3b,
  i64Store8: 0x3c,
  i64Store16: 0x3d,
  i64Store32: 0x3e,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32LeS: 0x4c,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtS: 0x55,
  i64GtU: 0x56,
  i64LeS: 0x57,
  i64LeU: 0x58,
  i64GeS: 0x59,
  i64GeU: 0x5a,
  i32Clz: 0x67,
  i32Ctz: 0x68,
  i32Popcnt: 0x69,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i32Rotl: 0x77,
  i32Rotr: 0x78,
  i64Clz: 0x79,
  i64Ctz: 0x7a,
  i64Popcnt: 0x7b,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivS: 0x7f,
  i64DivU: 0x80,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrS: 0x87,
  i64ShrU: 0x88,
  i64Rotl: 0x89,
  i64Rotr: 0x8a,
  i32WrapI64: 0xa7,
  i64ExtendI32S: 0xac,
  i64ExtendI32U: 0xad,
  i32Extend8S: 0xc0,
  i32Extend16S: 0xc1,
  i64Extend8S: 0xc2,
  i64Extend16S: 0xc3,
  i64Extend32S: 0xc4,
  f32Eq: 0x5b,
  f32Ne: 0x5c,
  f32Lt: 0x5d,
  f32Gt: 0x5e,
  f32Le: 0x5f,
  f32Ge: 0x60,
  f32Abs: 0x8b,
  f32Sqrt: 0x91,
  f32Add: 0x92,
  f32Sub: 0x93,
  f32Mul: 0x94,
  f32Div: 0x95,
  f64Abs: 0x99,
  f64Nearest: 0x9e,
  f64Trunc: 0x9d,
  f64Sqrt: 0x9f,
  f64Add: 0xa0,
  f64Sub: 0xa1,
  f64Mul: 0xa2,
  f64Div: 0xa3,
  i32TruncF64S: 0xaa,
  f32ConvertI32S: 0xb2,
  f32ConvertI64S: 0xb4,
  f32DemoteF64: 0xb6,
  f64ConvertI32S: 0xb7,
  f64ConvertI64S: 0xb9,
  f64PromoteF32: 0xbb,
  f32Load: 0x2a,
  f32Store: 0x38,
  f64Eq: 0x61,
  f64Ne: 0x62,
  f64Lt: 0x63,
  f64Gt: 0x64,
  f64Le: 0x65,
  f64Ge: 0x66,
  f32ReinterpretI32: 0xbe,
  i32ReinterpretF32: 0xbc,
  i64ReinterpretF64: 0xbd,
  f64ReinterpretI64: 0xbf,
} as const;

/** Behind the SIMD prefix. */
export const SIMD = {
  load: 0,
  load64Lane: 87,
  load32Zero: 92,
  load64Zero: 93,
  store: 11,
  const: 12,
  shuffle: 13,
  i32x4Splat: 17,
  i64x2Splat: 18,
  f32x4Splat: 19,
  f64x2Splat: 20,
  i32x4Extract: 27,
  i32x4Replace: 28,
  i64x2Extract: 29,
  i64x2Replace: 30,
  f32x4Extract: 31,
  f32x4Replace: 32,
  f64x2Extract: 33,
  f64x2Replace: 34,
} as const;

/** Pushes the high half of the product of i64 locals, from 32-bit pieces (Warren, Hacker's Delight, 8-2); `middle`: a free i64 local. */
export function pushHighProduct(code: Code, x: number, y: number, middle: number, signed: boolean): void {
  const shift = signed ? OP.i64ShrS : OP.i64ShrU;
  const low = (local: number) => code.get(local).i64(-1, 0).op(OP.i64And);
  const high = (local: number) => code.get(local).i64(32, 0).op(shift);
  low(x);
  low(y);
  code.op(OP.i64Mul).i64(32, 0).op(OP.i64ShrU);
  high(x);
  low(y);
  code.op(OP.i64Mul, OP.i64Add).tee(middle).i64(-1, 0).op(OP.i64And);
  low(x);
  high(y);
  code.op(OP.i64Mul, OP.i64Add).i64(32, 0).op(shift);
  high(x);
  high(y);
  code.op(OP.i64Mul, OP.i64Add);
  high(middle);
  code.op(OP.i64Add);
}
