// The shape of a lowering and of a family of them.

import type { Builder } from "../ir/builder.ts";
import type { Instruction } from "../decode/instruction.ts";

/** Writes the IR of one instruction. What it does not know (an operand form it does not implement) it refuses with refuse(). */
export type Lowering = (b: Builder, i: Instruction) => void;
/** Lowerings by iced-x86 mnemonic name. */
export type Family = Readonly<Record<string, Lowering>>;

/** Thrown by a lowering for a form it does not implement: the instruction becomes #UD. */
export class Refused extends Error {}
export function refuse(): never {
  throw new Refused();
}
