// execve and execveat.

import { E2BIG } from "../abi/errno.ts";
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
  const environment = task.memory.readStrings(envp, MAX_ARGUMENT_BYTES, limit);
  if (typeof environment === "number") return -E2BIG;
  const args = task.memory.readStrings(argv, MAX_ARGUMENT_BYTES, limit);
  if (typeof args === "number") return -E2BIG;
  return execve(task, name, args, environment, dirfd, flags);
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
