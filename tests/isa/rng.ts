// Where do the generator's random numbers and operand values come from? A seeded PRNG (sfc32), so that a seed
// names a test for ever, and a distribution of operand values that prefers the edges of each width.

export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #n = 1;
  /** Halves of the last value made by {@link value64} and {@link float64}. */
  lo = 0;
  hi = 0;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b1) ^ 0x243f6a88;
    this.#c = 0xb7e15162;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** A uniform int32. */
  next(): number {
    const t = (this.#a + this.#b | 0) + this.#n | 0;
    this.#n = this.#n + 1 | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = this.#c + (this.#c << 3) | 0;
    this.#c = (this.#c << 21 | this.#c >>> 11) + t | 0;
    return t;
  }

  /** A uniform integer in [0, n). */
  below(n: number): number {
    return (this.next() >>> 0) % n;
  }

  /** A uniform integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in about `percent` of 100 calls. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** A 64-bit operand value in {@link lo} and {@link hi}. */
  value64(): void {
    switch (this.below(10)) {
      case 0: // small, either sign
        this.lo = this.between(-130, 130);
        this.hi = this.lo >> 31;
        break;
      case 1: // one bit, perhaps minus one, perhaps complemented
        this.#bit();
        break;
      case 2: { // a run of ones at one end, at a width's edge
        const width = this.pick([7, 8, 15, 16, 31, 32, 63, 64]);
        const ones = (1n << BigInt(width)) - 1n;
        this.#set(this.chance(50) ? ones : ~ones);
        if (this.chance(40)) this.lo = this.lo + this.between(-2, 2) | 0;
        break;
      }
      case 3: // the same byte eight times, one of them changed
        this.lo = this.hi = Math.imul(this.pick([0, 1, 0x7f, 0x80, 0xff, 0xaa, 0x55]), 0x01010101);
        if (this.chance(50)) this.lo ^= this.below(256);
        break;
      case 4: // random low word over an edge
        this.lo = this.next();
        this.hi = this.pick([0, -1, 1, 0x7fffffff, -0x80000000]);
        break;
      case 5: // 0, −1, extremes
        this.#set(
          this.pick([
            0n,
            -1n,
            1n,
            0x8000000000000000n,
            0x7fffffffffffffffn,
            0x80000000n,
            0x7fffffffn,
            0xffffffffn,
          ]),
        );
        break;
      default:
        this.lo = this.next();
        this.hi = this.next();
    }
  }

  #bit(): void {
    const bit = 1n << BigInt(this.below(64));
    this.#set(this.chance(30) ? ~bit : this.chance(30) ? bit - 1n : bit);
  }

  #set(value: bigint): void {
    this.lo = Number(BigInt.asIntN(32, value));
    this.hi = Number(BigInt.asIntN(32, value >> 32n));
  }

  /** An imm of `bytes` bytes, as a signed number. */
  immediate(bytes: number): number {
    this.value64();
    return bytes === 1 ? this.lo << 24 >> 24 : bytes === 2 ? this.lo << 16 >> 16 : this.lo;
  }

  /** Bits of a double that are interesting: specials, small integers, random, in {@link lo} and {@link hi}. */
  float64(): void {
    switch (this.below(8)) {
      case 0:
        this.#double(
          this.pick([0, -0, 1, -1, 0.5, 2, Infinity, -Infinity, NaN, 1.5, -1.5, 2.5, 1e300, 1e-300]),
        );
        break;
      case 1:
        this.#double(this.between(-100000, 100000) / this.pick([1, 1, 2, 4, 3, 10, 1024]));
        break;
      case 2: // around the conversion limits
        this.#double(
          this.pick([2147483647, 2147483648, 4294967296, 9223372036854775807, 32767, 65535]) *
              this.pick([1, -1]) +
            this.pick([0, 0.5, -0.5, 1, -1]),
        );
        break;
      case 3: // denormals, NaN payloads, quiet and signalling
        this.lo = this.next();
        this.hi = this.next() & 0x800fffff | this.pick([0, 0x7ff00000]);
        break;
      case 4:
        this.lo = this.next();
        this.hi = this.next();
        break;
      default:
        this.lo = this.next();
        this.hi = this.next() & 0x800fffff | this.between(1023 - 40, 1023 + 40) << 20;
    }
  }

  /** Bits of an interesting single. */
  float32(): number {
    switch (this.below(8)) {
      case 0:
        return this.#single(
          this.pick([0, -0, 1, -1, 0.5, 2, Infinity, -Infinity, NaN, 1.5, -1.5, 1e38, 1e-38]),
        );
      case 1:
        return this.#single(this.between(-100000, 100000) / this.pick([1, 1, 2, 4, 3, 10, 1024]));
      case 2:
        return this.#single(
          this.pick([2147483648, 2147483520, 9223372036854775808, 32768]) * this.pick([1, -1]),
        );
      case 3:
        return this.next() & 0x807fffff | this.pick([0, 0x7f800000]);
      case 4:
        return this.next();
      default:
        return this.next() & 0x807fffff | this.between(127 - 20, 127 + 20) << 23;
    }
  }

  #double(value: number): void {
    F64[0] = value;
    this.lo = BITS[0];
    this.hi = BITS[1];
  }

  #single(value: number): number {
    F32[0] = value;
    return BITS[0];
  }
}

const F64 = new Float64Array(1);
const F32 = new Float32Array(F64.buffer);
const BITS = new Int32Array(F64.buffer);
