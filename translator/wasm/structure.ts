// Structured control flow from a control-flow graph, by dominators: Norman Ramsey, "Beyond Relooper: recursive translation of
// unstructured control flow to structured control flow" (ICFP 2022). A cycle with several entries (irreducible) first gets one: a new
// node through which all ways into the cycle lead and which then goes on to the entry that was meant.

/** Nodes are numbered. `successors[n]` in the order of the node's exits; -1 for an exit out of the graph. */
export interface Graph {
  readonly successors: readonly (readonly number[])[];
  /** The entry. */
  readonly start: number;
}

/**
 * A node that reducible() added: goes to `targets[label]`, which the edge into it chose. Label 0 is what all choose that come along an ordinary way: it is
 * there already, so that a loop that is entered in its middle costs one comparison a round and not a label to be stored and loaded again.
 */
export interface Dispatch {
  readonly node: number;
  readonly targets: readonly number[];
}

export interface Structure {
  /** Position in reverse postorder; -1: not reachable. */
  readonly order: readonly number[];
  /** Children in the dominator tree, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  readonly isLoopHeader: readonly boolean[];
  /** Has two or more forward edges into it. */
  readonly isMerge: readonly boolean[];
}

/** An edge that goes back to a node which does not dominate its start. */
export interface Irreducible {
  readonly from: number;
  readonly to: number;
  /** Strict dominators of `to`. */
  readonly dominators: ReadonlySet<number>;
}

/** Dominator tree, loop headers and merge nodes; when a cycle has more than one entry, an edge back to one of them. */
export function structure(graph: Graph): Structure | Irreducible {
  const { successors, start } = graph;
  const count = successors.length;
  const order: number[] = new Array(count).fill(-1);
  const reverse: number[] = [];
  // Depth-first, iterative: deep chains of blocks must not overflow the host's stack.
  const state = new Uint8Array(count);
  const stack: { node: number; next: number }[] = [{ node: start, next: 0 }];
  state[start] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const s = successors[top.node]!;
    if (top.next < s.length) {
      const to = s[top.next++]!;
      if (to >= 0 && state[to] === 0) {
        state[to] = 1;
        stack.push({ node: to, next: 0 });
      }
    } else {
      reverse.push(top.node);
      stack.pop();
    }
  }
  reverse.reverse();
  reverse.forEach((node, i) => order[node] = i);

  const predecessors: number[][] = Array.from({ length: count }, () => []);
  for (const node of reverse) for (const to of successors[node]!) if (to >= 0) predecessors[to]!.push(node);

  // Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm".
  const idom: number[] = new Array(count).fill(-1);
  idom[start] = start;
  const meet = (a: number, b: number) => {
    while (a !== b) {
      while (order[a]! > order[b]!) a = idom[a]!;
      while (order[b]! > order[a]!) b = idom[b]!;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const node of reverse) {
      if (node === start) continue;
      let best = -1;
      for (const p of predecessors[node]!) if (idom[p]! >= 0) best = best < 0 ? p : meet(p, best);
      if (idom[node] !== best) {
        idom[node] = best;
        changed = true;
      }
    }
  }
  const dominates = (a: number, b: number) => {
    while (order[b]! > order[a]!) b = idom[b]!;
    return a === b;
  };

  const isLoopHeader: boolean[] = new Array(count).fill(false);
  const isMerge: boolean[] = new Array(count).fill(false);
  const children: number[][] = Array.from({ length: count }, () => []);
  for (const node of reverse) {
    let forward = 0;
    for (const p of predecessors[node]!) {
      if (order[p]! < order[node]!) forward++;
      else if (dominates(node, p)) isLoopHeader[node] = true;
      else {
        const dominators = new Set<number>();
        for (let d = node; d !== start;) dominators.add(d = idom[d]!);
        return { from: p, to: node, dominators };
      }
    }
    isMerge[node] = forward > 1;
    if (node !== start) children[idom[node]!]!.push(node);
  }
  return { order, children, isLoopHeader, isMerge };
}

/**
 * Makes `successors` reducible by adding dispatch nodes, through which all ways into a cycle with several entries lead, and as many of its ways back
 * as it takes; edges into one are redirected in place. `place` tells where a node lies in memory. `through.get(from * 65536 + exit)` is the label that exit `exit` of node `from` chooses.
 */
export function reducible(
  successors: number[][],
  start: number,
  place: (node: number) => number = (node) => node,
): { shape: Structure; dispatches: Dispatch[]; through: Map<number, number> } {
  const dispatches: { node: number; targets: number[] }[] = [];
  const through = new Map<number, number>();
  const redirect = (from: number, to: number, { node, targets }: Dispatch) =>
    successors[from]!.forEach((target, exit) => {
      if (target !== to) return;
      successors[from]![exit] = node;
      through.set(from * 65536 + exit, targets.indexOf(to));
    });
  for (;;) {
    const shape = structure({ successors, start });
    if (!("from" in shape)) return { shape, dispatches, through };
    const { from, to } = shape, cycle = component(successors, shape);
    const ways: [from: number, to: number][] = [];
    successors.forEach((list, node) => {
      if (!cycle.has(node)) { for (const n of list) if (cycle.has(n)) ways.push([node, n]); }
    });
    let dispatch = dispatches.find(({ node }) => ways.every(([from]) => from === node));
    if (dispatch !== undefined) {
      // All ways in lead through it; this way back has to as well.
      if (!dispatch.targets.includes(to)) {
        successors[dispatch.node]!.push(dispatch.targets[dispatch.targets.push(to) - 1]!);
      }
      redirect(from, to, dispatch);
      continue;
    }
    // Its head is, as a rule, where something else than the region's start or another dispatch node leads, else what comes first in memory.
    const isOrdinary = (node: number) => node !== start && dispatches.every((d) => d.node !== node);
    ways.sort(([a, x], [b, y]) => Number(isOrdinary(b)) - Number(isOrdinary(a)) || place(x) - place(y));
    const targets = [...new Set(ways.map(([, to]) => to))], head = targets[0]!;
    dispatch = { node: successors.length, targets };
    dispatches.push(dispatch);
    successors.push([...dispatch.targets]);
    for (const [from, to] of ways) redirect(from, to, dispatch);
    for (const from of cycle) redirect(from, head, dispatch);
  }
}

/** The nodes on cycles with the edge that do not leave through a dominator of its end: those cycles are outer ones. */
function component(
  successors: readonly (readonly number[])[],
  { from, to, dominators }: Irreducible,
): Set<number> {
  const reach = (start: number, next: (node: number) => Iterable<number>) => {
    const seen = new Set([start]);
    for (const node of seen) for (const n of next(node)) if (n >= 0 && !dominators.has(n)) seen.add(n);
    return seen;
  };
  const predecessors: number[][] = successors.map(() => []);
  successors.forEach((list, node) => {
    for (const n of list) if (n >= 0) predecessors[n]!.push(node);
  });
  const forwards = reach(to, (node) => successors[node]!);
  const backwards = reach(from, (node) => predecessors[node]!);
  return new Set([...forwards].filter((node) => backwards.has(node)));
}
