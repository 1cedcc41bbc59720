import { assert, assertEquals } from "@std/assert";
import type { RegionFacts } from "../cache/region_record.ts";
import { makeLink } from "../cache/block.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import type { Const } from "../ir/op.ts";
import { OPS } from "../ir/ops.ts";
import { findRegion, type Source, staysInside } from "./flow.ts";
import { LiveRegions } from "./live_regions.ts";
import { naturalEntry } from "./natural_entry.ts";

const PAGE = 0x40_1000, PHYSICAL = 0x9000;

/** Blocks that only lead to each other: by address, what ends them. */
type Ends = Record<number, ["jump" | "call", number, number] | ["branch", number, number] | ["ret"]>;

function end(address: number, [kind, to = 0, other = 0]: Ends[number]): IrOp {
  const op = (name: string, ...args: unknown[]) => ({ def: OPS.get(name)!, args, ip: address }) as IrOp;
  const page = 1; // as the lowering says it of links within a page
  if (kind === "jump") return op("jump", makeLink(to), page);
  if (kind === "branch") return op("branch4", makeLink(to), page, makeLink(other), page, 0);
  if (kind === "call") return op("call", makeLink(to), page, { lo: other, hi: 0 } satisfies Const);
  return op("ret", 0);
}

function source(ends: Ends): Source {
  return {
    lower: (address): IrBlock | undefined =>
      ends[address] && {
        address,
        ops: [end(address, ends[address])],
        end: address + 1,
        instructions: 1,
        crossing: false,
      },
    physical: () => PHYSICAL,
    known: () => Object.keys(ends).map(Number),
  };
}
const at = (n: number) => PAGE + n;

/** 0 → 1 ⇄ 2, 1 → 3; 3 returns. */
const LOOP: Ends = {
  [at(0)]: ["jump", at(1), 0],
  [at(1)]: ["branch", at(2), at(3)],
  [at(2)]: ["jump", at(1), 0],
  [at(3)]: ["ret"],
};

Deno.test("naturalEntry() is the function's first block where that runs often, else the loop's", () => {
  const often = (address: number) => address === at(0);
  for (const n of [0, 1, 2, 3]) assertEquals(naturalEntry(at(n), source(LOOP), often), at(0));
  assertEquals(naturalEntry(at(2), source(LOOP), () => false), at(1));
  assertEquals(naturalEntry(at(1), source(LOOP), () => false), at(1));
  assertEquals(naturalEntry(at(3), source(LOOP), () => false), at(3));
});

Deno.test("findRegion() leads to all its entries", () => {
  const flow = findRegion([at(0), at(2)], source(LOOP))!;
  assertEquals(flow.entries.map((n) => flow.blocks[n]!.address), [at(0), at(2)]);
  assertEquals(flow.successors[flow.start], flow.entries);
  assertEquals(findRegion([at(0)], source(LOOP))!.start, 0);
  assertEquals(findRegion([at(9), at(0)], source(LOOP)), undefined, "the first entry must be there");
  assertEquals(findRegion([at(0), at(9)], source(LOOP))!.entries.length, 1);
});

Deno.test("findRegion() makes jumps of recursion unless the function has a loop besides", () => {
  const recursive: Ends = {
    [at(0)]: ["branch", at(1), at(3)],
    [at(1)]: ["call", at(0), at(2)],
    [at(2)]: ["ret"],
  };
  const inside = (ends: Ends) => {
    const flow = findRegion([at(0)], source({ [at(3)]: ["ret"], ...ends }))!;
    const call = flow.blocks.findIndex(({ address }) => address === at(1));
    const returns = flow.blocks.findIndex(({ address }) => address === at(2));
    return [staysInside(flow, call), flow.successors[returns]!.length];
  };
  assertEquals(inside(recursive), [true, 1]);
  assertEquals(inside({ ...recursive, [at(2)]: ["branch", at(2), at(4)], [at(4)]: ["ret"] })[0], false);
});

Deno.test("LiveRegions know whose a block is until code of the region's pages is dropped", () => {
  const regions = new LiveRegions();
  const addend = (PHYSICAL - PAGE) | 0;
  const facts = {
    entries: [at(1)],
    blocks: [at(1), at(2), at(7)],
    own: 2,
    without: 0,
    pages: [PAGE],
  } satisfies RegionFacts;
  const region = {
    facts,
    pages: [{ address: PAGE, addend }],
    stampAt: 0,
    entries: new Map(),
    isDropped: false,
  };
  regions.add(region);
  assertEquals(regions.owner(at(2), addend), region);
  assertEquals(regions.owner(at(7), addend), undefined, "what is called is not its own");
  assertEquals(regions.owner(at(2), addend + 4096), undefined, "another frame");
  const own = [0, 1, 2].map((n) => ({ address: at(n) }));
  assertEquals(regions.covered(at(0), own, () => addend), [at(1)]);
  assertEquals(regions.covered(at(0), own.slice(0, 1), () => addend), []);
  region.isDropped = true;
  assertEquals(regions.owner(at(2), addend), undefined);
  assert(regions.covered(at(0), own, () => addend).length === 0);
});
