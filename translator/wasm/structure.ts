// Structured control flow from a control-flow graph, by dominators: Norman Ramsey, "Beyond Relooper: recursive translation of
// unstructured control flow to structured control flow" (ICFP 2022). Irreducible graphs are refused; the caller then keeps
// only the part of the graph that is reducible.

/** Nodes are numbered; node 0 is the entry. `successors[n]` in the order of the node's exits; -1 for an exit out of the graph. */
export interface Graph {
  readonly successors: readonly (readonly number[])[];
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

/** Dominator tree, loop headers and merge nodes; undefined when a cycle has more than one entry. */
export function structure(graph: Graph): Structure | undefined {
  const { successors } = graph;
  const count = successors.length;
  const order: number[] = new Array(count).fill(-1);
  const reverse: number[] = [];
  // Depth-first, iterative: deep chains of blocks must not overflow the host's stack.
  const state = new Uint8Array(count);
  const stack: { node: number; next: number }[] = [{ node: 0, next: 0 }];
  state[0] = 1;
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
  idom[0] = 0;
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
      if (node === 0) continue;
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
      else return undefined;
    }
    isMerge[node] = forward > 1;
    if (node !== 0) children[idom[node]!]!.push(node);
  }
  return { order, children, isLoopHeader, isMerge };
}
