// How are the transcendental functions computed to more than 64 bits? In BigInt fixed point with 256 fraction bits.
//
// Arguments are kept where fixed point has a relative error far below 2^-64 (the callers treat tiny ones apart).

export const P = 256;
const BITS = BigInt(P);
export const ONE = 1n << BITS;

let piCache = 0n, ln2Cache = 0n;

/** arctan(1/n) */
function atanInverse(n: bigint): bigint {
  const guard = 32n, square = n * n;
  let term = (ONE << guard) / n, sum = 0n, k = 1n, sign = 1n;
  while (term !== 0n) {
    sum += sign * (term / k);
    term /= square;
    k += 2n;
    sign = -sign;
  }
  return sum >> guard;
}

/** π (Machin). */
export function pi(): bigint {
  return piCache ||= 4n * (4n * atanInverse(5n) - atanInverse(239n));
}

export function ln2(): bigint {
  if (ln2Cache === 0n) {
    // 2 artanh(1/3)
    let term = (ONE << 32n) / 3n, k = 1n, sum = 0n;
    while (term !== 0n) {
      sum += term / k;
      term /= 9n;
      k += 2n;
    }
    ln2Cache = (2n * sum) >> 32n;
  }
  return ln2Cache;
}

export function multiply(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}

export function divide(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}

/** e^x − 1 for |x| ≤ 1 or so. */
export function expm1(x: bigint): bigint {
  let term = x, sum = x;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    term = multiply(term, x) / k;
    sum += term;
  }
  return sum;
}

/** sin x for |x| ≤ π/4 or so. */
export function sin(x: bigint): bigint {
  return alternating(x, x, 2n);
}

export function cos(x: bigint): bigint {
  return alternating(ONE, x, 1n);
}

function alternating(first: bigint, x: bigint, k: bigint): bigint {
  const square = multiply(x, x);
  let term = first, sum = first;
  for (; term !== 0n && term !== -1n; k += 2n) {
    term = -multiply(term, square) / (k * (k + 1n));
    sum += term;
  }
  return sum;
}

/** A double as fixed point. */
function fromNumber(v: number): bigint {
  return BigInt(Math.round(v * 2 ** 60)) << (BITS - 60n);
}

export function toNumber(v: bigint): number {
  return Number(v >> (BITS - 60n)) / 2 ** 60;
}

/** arctan q for 0 ≤ q ≤ 1: a double's guess, corrected by the arctangent of what is left. */
export function atan(q: bigint): bigint {
  const guess = fromNumber(Math.atan(toNumber(q)));
  const s = sin(guess), k = cos(guess);
  const d = divide(multiply(q, k) - s, k + multiply(q, s)), square = multiply(d, d);
  let term = d, sum = d;
  for (let n = 3n; term !== 0n && term !== -1n; n += 2n) {
    term = -multiply(term, square);
    sum += term / n;
  }
  return guess + sum;
}

/** ln m for m between 1/2 and 2. */
export function log(m: bigint): bigint {
  const guess = fromNumber(Math.log(toNumber(m)));
  // m = e^guess × (1 + d)
  const d = m + multiply(m, expm1(-guess)) - ONE;
  let term = d, sum = d;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = -multiply(term, d);
    sum += term / n;
  }
  return guess + sum;
}
