// execve and execveat.

import { AT_EMPTY_PATH, AT_FDCWD } from "../abi/fcntl.ts";
import { argumentsLimit, execve, MAX_ARGUMENT_BYTES } from "../exec/execve.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

export const exec: Syscall[] = family({
  execve: { nr: 59, args: "path argv argv", run: sysExecve },
  execveat: { nr: 322, args: "dirfd path argv argv AT", run: sysExecveat },
});

function run(task: Task, dirfd: number, path: number, argv: number, envp: number, flags: number): number {
  const name = (flags & AT_EMPTY_PATH) !== 0 ? task.memory.readPathOrEmpty(path) : task.memory.readPath(path);
  if (typeof name === "number") return name;
  const limit = argumentsLimit(task);
  const read = (strings: number) => task.memory.readStrings(strings, MAX_ARGUMENT_BYTES, limit);
  return execve(task, name, () => read(argv), () => read(envp), dirfd, flags);
}

function sysExecve(task: Task, path: number, argv: number, envp: number): number {
  return run(task, AT_FDCWD, path, argv, envp, 0);
}

function sysExecveat(
  task: Task,
  dirfd: number,
  path: number,
  argv: number,
  envp: number,
  flags: number,
): number {
  return run(task, dirfd, path, argv, envp, flags);
}
