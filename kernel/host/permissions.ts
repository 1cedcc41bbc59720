// What has Deno granted to this process? The only place that asks. It only queries, it never requests: a prompt in the
// middle of a guest's terminal session would take the guest's keys.

export type HostPermission = "granted" | "partial" | "denied";

function state(descriptor: Deno.PermissionDescriptor): HostPermission {
  const status = Deno.permissions.querySync(descriptor);
  if (status.state !== "granted") return "denied";
  return status.partial ? "partial" : "granted";
}

/** May host files at and below `path` be read? Without `path`: any file. */
export function readPermission(path?: string): HostPermission {
  return state(path === undefined ? { name: "read" } : { name: "read", path });
}

/** May host files at and below `path` be written? Without `path`: any file. */
export function writePermission(path?: string): HostPermission {
  return state(path === undefined ? { name: "write" } : { name: "write", path });
}

/** May `host` ("example.org", "example.org:443") be reached? Without `host`: any. */
export function netPermission(host?: string): HostPermission {
  return state(host === undefined ? { name: "net" } : { name: "net", host });
}

/** May all environment variables be read? */
export function envPermission(): HostPermission {
  return state({ name: "env" });
}
