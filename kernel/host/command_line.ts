// What the command line needs of the process it runs in: environment, current directory, messages to the user.

import { envPermission } from "./permissions.ts";

/** The host's environment variables; empty where Deno does not allow reading them. */
export function hostEnvironment(): Record<string, string> {
  return envPermission() === "granted" ? Deno.env.toObject() : {};
}

/** The host's current directory; "/" where it cannot be told (removed meanwhile). */
export function hostDirectory(): string {
  try {
    return Deno.cwd();
  } catch {
    return "/";
  }
}

/** Writes all of `text` to the host's standard output (1) or error (2). Errors are ignored: nobody is left to tell. */
export function print(fd: 1 | 2, text: string): void {
  const stream = fd === 1 ? Deno.stdout : Deno.stderr;
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // closed pipe
  }
}

/** Whether colour would be welcome on standard output. */
export function stdoutIsTerminal(): boolean {
  return Deno.stdout.isTerminal();
}

/** "directory", "other", or the name of the host's error ("NotFound", "NotCapable", "PermissionDenied" …). */
export function kindOf(path: string): string {
  try {
    if (!Deno.statSync(path).isDirectory) return "other";
    // Listing is what tells whether it can be used as a root: stat alone succeeds on a mode 0 directory.
    for (const _ of Deno.readDirSync(path)) break;
    return "directory";
  } catch (error) {
    return (error as Error).name;
  }
}

/** Host path without symbolic links, or undefined when it does not exist or may not be read. */
export function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}
