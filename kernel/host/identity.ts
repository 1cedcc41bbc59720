// Who runs denix, and on what machine? The guest's first process has the same user, groups and host name.

import process from "node:process";

export interface HostIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly hostname: string;
  readonly umask: number;
}

/**
 * What Deno is not allowed to tell (--allow-sys) is made up: root, on a machine called "denix". Anybody else could write nothing
 * in a tree that is somebody else's; what reaches the host is still the host user's right.
 */
export function hostIdentity(): HostIdentity {
  return {
    uid: attempt(() => Deno.uid(), null) ?? 0,
    gid: attempt(() => Deno.gid(), null) ?? 0,
    groups: attempt(() => process.getgroups?.() ?? [], []),
    hostname: attempt(() => Deno.hostname(), "denix"),
    umask: attempt(() => process.umask(), 0o022),
  };
}

function attempt<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
