// PDEP, PEXT (SDM vol. 2)

/** What pdep() and pext() give, in two words. */
export const bits: { lo: number; hi: number } = { lo: 0, hi: 0 };

/** The lowest bits of a value go where a mask has ones. */
export function pdep(lo: number, hi: number, maskLo: number, maskHi: number): void {
  let k = 0;
  bits.lo = bits.hi = 0;
  for (let rest = maskLo; rest !== 0; rest &= rest - 1, k++) if (lo >>> k & 1) bits.lo |= rest & -rest;
  for (let rest = maskHi; rest !== 0; rest &= rest - 1, k++) {
    if ((k > 31 ? hi >>> k - 32 : lo >>> k) & 1) bits.hi |= rest & -rest;
  }
}
/** The bits of a value where a mask has ones, next to each other. */
export function pext(lo: number, hi: number, maskLo: number, maskHi: number): void {
  let k = 0;
  bits.lo = bits.hi = 0;
  const take = (one: number) => {
    if (one !== 0) k > 31 ? bits.hi |= 1 << k - 32 : bits.lo |= 1 << k;
    k++;
  };
  for (let rest = maskLo; rest !== 0; rest &= rest - 1) take(lo & rest & -rest);
  for (let rest = maskHi; rest !== 0; rest &= rest - 1) take(hi & rest & -rest);
}
