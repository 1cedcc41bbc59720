// A block in IR: straight-line operations, the last of which ends it.

import type { Arg, OpDef } from "./op.ts";

/** One operation with its arguments; `ip` is the guest address of the instruction it belongs to. */
export interface IrOp {
  def: OpDef;
  readonly args: Arg[];
  readonly ip: number;
}

export interface IrBlock {
  /** Guest address of the first instruction. */
  readonly address: number;
  ops: IrOp[];
  /** Guest address behind the last instruction; NaN when the IR was not just made. */
  end: number;
  /** Guest instructions in it. */
  instructions: number;
  /** The one instruction in it lies on two pages. */
  crossing: boolean;
}
