// Division in doubles against BigInt, around every border of its three ways.

import { assertEquals } from "@std/assert";
import { divide, divided } from "./divide.ts";

const halves = (
  n: bigint,
): [number, number] => [Number(BigInt.asIntN(32, n)), Number(BigInt.asIntN(32, n >> 32n))];
const whole = (low: number, high: number) => BigInt.asUintN(64, BigInt(high) << 32n | BigInt(low >>> 0));

Deno.test("divide() gives quotient and remainder of all unsigned 64-bit numbers", () => {
  let seed = 1;
  const next = () => seed = Math.imul(seed, 1664525) + 1013904223 | 0;
  const random = (): bigint => {
    const bits = BigInt(1 + (next() >>> 8) % 64);
    const value = BigInt.asUintN(Number(bits), BigInt(next() >>> 0) << 32n | BigInt(next() >>> 0));
    const edge = (next() >>> 8) % 4;
    return edge === 0 ? (1n << bits) - 1n : edge === 1 ? 1n << (bits - 1n) : value;
  };
  for (let i = 0; i < 200_000; i++) {
    let b = random();
    if (b === 0n) b = 1n;
    // Dividends beside multiples of the divisor are where an estimate goes wrong.
    const near = random() / b * b + BigInt((next() >>> 8) % 3) - 1n;
    const a = BigInt.asUintN(64, i % 2 ? near : random());
    divide(...halves(a), ...halves(b));
    assertEquals(whole(divided.quotientLow, divided.quotientHigh), a / b, `${a} / ${b}`);
    assertEquals(whole(divided.remainderLow, divided.remainderHigh), a % b, `${a} % ${b}`);
  }
});
