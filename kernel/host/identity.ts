// Who runs denix, and on what machine? The guest's first process has the same user, groups and host name.

import { nodeProcess } from "./node.ts";

export interface HostIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly hostname: string;
  readonly umask: number;
  /** Capability sets, each a number of up to 64 bits; undefined where the host does not say. */
  readonly capabilities: CapabilitySets | undefined;
  readonly nice: number;
  /** One more than the highest pid; undefined where the host does not say. */
  readonly pidMax: number | undefined;
}

export interface CapabilitySets {
  readonly effective: number;
  readonly permitted: number;
  readonly inheritable: number;
  readonly bounding: number;
  readonly ambient: number;
}

/**
 * What Deno is not allowed to tell (--allow-sys) is made up: root, on a machine called "denix". Anybody else could write nothing
 * in a tree that is somebody else's; what reaches the host is still the host user's right.
 */
export function hostIdentity(): HostIdentity {
  // Of one who may not be named, nothing else is told either.
  const status = attempt(() => (Deno.uid(), Deno.readTextFileSync("/proc/self/status")), undefined);
  return {
    uid: attempt(() => Deno.uid(), null) ?? 0,
    gid: attempt(() => Deno.gid(), null) ?? 0,
    groups: attempt(() => status === undefined ? nodeProcess().getgroups?.() ?? [] : groups(status), []),
    hostname: attempt(() => Deno.hostname(), "denix"),
    umask: attempt(() => Deno.umask(), 0o022),
    capabilities: attempt(() => status === undefined ? undefined : capabilities(status), undefined),
    nice: attempt(() => niceness(Deno.readTextFileSync("/proc/self/stat")), 0),
    pidMax: attempt(() => Number(Deno.readTextFileSync("/proc/sys/kernel/pid_max")) || undefined, undefined),
  };
}

function groups(status: string): number[] {
  return /^Groups:[ \t]*(.*)$/m.exec(status)![1]!.split(" ").filter((gid) => gid !== "").map(Number);
}

/** Root in a container has fewer than all. */
function capabilities(status: string): CapabilitySets | undefined {
  const set = (name: string) =>
    parseInt(new RegExp(`^Cap${name}:\\s*([0-9a-f]+)$`, "m").exec(status)![1], 16);
  return {
    effective: set("Eff"),
    permitted: set("Prm"),
    inheritable: set("Inh"),
    bounding: set("Bnd"),
    ambient: set("Amb"),
  };
}

/** The 19th field; the second, the name, may have spaces in it. */
function niceness(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]) || 0;
}

function attempt<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
