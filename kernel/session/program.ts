// Which file is the program the user named, and why can it not be run? The look-up is execvp(3)'s in the guest's own
// file system; the words are for somebody who typed a name and wonders.

import { E2BIG, EACCES, EISDIR, ELOOP, ENOENT, ENOEXEC, ENOMEM, ENOTDIR, ERRNO_NAMES } from "../abi/errno.ts";
import { EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, StartError } from "./report.ts";

/** The guest's files, as far as the look-up needs them. */
export interface ProgramFiles {
  /** 0 when `path` names a regular file that may be executed, else a negative errno (a directory: -EISDIR or -EACCES). */
  executable(path: string): number;
  /** The first `length` bytes of the file, or undefined when it cannot be read. */
  head(path: string, length: number): Uint8Array | undefined;
}

/** What PATH is when there is none: the shell's and libc's idea of it. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The path to execute for `name`. Throws {@link StartError} with status 126 or 127. */
export function findProgram(name: string, searchPath: string | undefined, files: ProgramFiles): string {
  if (name === "") {
    throw new StartError('the program\'s name is empty; name one, such as "/bin/sh"', EXIT_NOT_FOUND);
  }
  if (name.includes("/")) {
    const result = files.executable(name);
    if (result === 0) return name;
    throw explainExecFailure(name, result, files, () => "");
  }
  let refused: string | undefined;
  for (const folder of (searchPath ?? DEFAULT_PATH).split(":")) {
    const path = folder === "" ? name : `${folder.replace(/\/+$/, "")}/${name}`;
    const result = files.executable(path);
    if (result === 0) return path;
    // As execvp(3): a file without permission is remembered, the search goes on.
    if (result === -EACCES) refused ??= path;
  }
  if (refused !== undefined) throw explainExecFailure(refused, -EACCES, files, () => "");
  throw new StartError(
    `${name}: not found in the guest's PATH (${
      searchPath ?? DEFAULT_PATH
    }); install it, or give its path with a slash`,
    EXIT_NOT_FOUND,
  );
}

/**
 * What to tell when execve(2) of `path` failed with `errno` (negative). `describe` says in words what the first bytes of a file
 * are ("arm64 ELF"); it is given the file's head.
 */
export function explainExecFailure(
  path: string,
  errno: number,
  files: ProgramFiles,
  describe: (head: Uint8Array) => string,
): StartError {
  switch (errno) {
    case -ENOENT:
    case -ENOTDIR: {
      if (files.executable(path) === 0) return missingInterpreter(path, files);
      const advice = path.includes("/") ? "check the path (it is the guest's, see --root)" : "check the name";
      return new StartError(`${path}: no such file or directory; ${advice}`, EXIT_NOT_FOUND);
    }
    case -EISDIR:
      return new StartError(`${path}: is a directory; name a program in it`, EXIT_NOT_EXECUTABLE);
    case -EACCES:
      return new StartError(
        `${path}: permission denied: it is not an executable file; chmod +x it, or start it with its interpreter`,
        EXIT_NOT_EXECUTABLE,
      );
    case -ENOEXEC: {
      const head = files.head(path, 4096);
      const what = head === undefined
        ? "an unknown format"
        : head.length === 0
        ? "an empty file"
        : describe(head);
      const advice = what.startsWith("text") ? `; run it with its interpreter, such as: /bin/sh ${path}` : "";
      return new StartError(
        `${path}: cannot run it: it is ${what}, not an x86-64 Linux executable${advice}`,
        EXIT_NOT_EXECUTABLE,
      );
    }
    case -ENOMEM:
      return new StartError(`${path}: does not fit in memory; give more with --memory`);
    case -E2BIG:
      return new StartError(
        `${path}: arguments and environment are too long; try --env-clear`,
        EXIT_NOT_EXECUTABLE,
      );
    case -ELOOP:
      return new StartError(
        `${path}: too many levels of symbolic links or interpreters`,
        EXIT_NOT_EXECUTABLE,
      );
    default:
      return new StartError(`${path}: cannot be run: ${ERRNO_NAMES[-errno] ?? errno}`, EXIT_NOT_EXECUTABLE);
  }
}

/** The file is there, yet execve(2) says ENOENT: what it asks for is not. */
function missingInterpreter(path: string, files: ProgramFiles): StartError {
  const head = files.head(path, 4096) ?? new Uint8Array();
  if (head[0] === 0x23 && head[1] === 0x21) {
    const line = new TextDecoder().decode(head.subarray(2)).split("\n", 1)[0]!.trim();
    const interpreter = line.split(/[ \t]/, 1)[0]!;
    return new StartError(
      `${path}: its interpreter ${interpreter} is missing; install it or correct the file's first line`,
      EXIT_NOT_FOUND,
    );
  }
  const interpreter = elfInterpreter(head) ?? "dynamic linker";
  return new StartError(
    `${path}: its interpreter ${interpreter} is missing; install the C library it was linked for, or use a static build`,
    EXIT_NOT_FOUND,
  );
}

/** PT_INTERP of an ELF64 file, if it lies in its first bytes. */
function elfInterpreter(head: Uint8Array): string | undefined {
  if (head.length < 64 || head[0] !== 0x7f || head[1] !== 0x45 || head[4] !== 2) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const table = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  for (let i = 0, at = table; i < count && at + 56 <= head.length; i++, at += size) {
    if (view.getUint32(at, true) !== 3) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const length = Number(view.getBigUint64(at + 32, true));
    return new TextDecoder().decode(head.subarray(offset, offset + length)).replace(/\0.*$/s, "");
  }
  return undefined;
}
