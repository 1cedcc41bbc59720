// execve(2) and execveat(2): how does a task become another program?
//
// The new address space is built completely before the old one goes, so whatever fails before leaves the caller as it was.
// Then follows what cannot fail: other threads end, credentials, descriptors and signals change, registers are reset.

import type { Path } from "../../fs/vfs/path.ts";
import { anonymousPath } from "../../fs/vfs/walk.ts";
import { levelOf, setLevel } from "../../translator/cpuid.ts";
import { CPU_BYTES, FPU_CONTROL, MXCSR, RIP, RSP } from "../../translator/cpu.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { E2BIG, EACCES, EBADF, EINVAL, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOMEM } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, FD_CLOEXEC } from "../abi/fcntl.ts";
import { decodeName, encodeName } from "../abi/text.ts";
import { STACK_TOP } from "../mm/layout.ts";
import { attachCpu, Mm } from "../mm/mm.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE, pageAlign } from "../mm/mmap.ts";
import { EFAULT_SENTINEL, UserMemory } from "../mm/user_memory.ts";
import { PROT_EXEC, PROT_READ, PROT_WRITE } from "../mm/vma.ts";
import { beginExec, finishExec } from "../task/exec.ts";
import type { Task } from "../task/task.ts";
import { type ElfHeaders, fileHead, loadElf, readElf } from "./elf.ts";
import { type ExecIdentity, identityFor, openProgram, type ProgramFile } from "./program_file.ts";
import { parseScript } from "./script.ts";
import { buildStack } from "./stack.ts";

/** Scripts whose interpreters are scripts whose … (Linux: exec_binprm). */
const MAX_INTERPRETERS = 5;
/** Longest single string with its zero (Linux: MAX_ARG_STRLEN). */
export const MAX_ARGUMENT_BYTES = 131072;
/** Arguments and environment together: a quarter of the stack limit, but within these bounds. */
const MIN_ARGUMENTS_TOTAL = 131072, MAX_ARGUMENTS_TOTAL = 6 * 1024 * 1024;
/** The stack's mapping is so much larger than what is on it at start. */
const STACK_ROOM = 128 * 1024;

/** Bytes of arguments, environment and their pointers that execve accepts. */
export function argumentsLimit(task: Task): number {
  return Math.max(MIN_ARGUMENTS_TOTAL, Math.min(MAX_ARGUMENTS_TOTAL, task.process.stackLimit / 4));
}

interface Prepared {
  readonly program: ProgramFile;
  readonly elf: ElfHeaders;
  readonly argv: readonly Uint8Array[];
}

/** Arguments or environment, or how to read them: which is due only when the program is found. */
type Strings = readonly Uint8Array[] | (() => readonly Uint8Array[] | number);

/**
 * Replaces the program of `task`. 0 when it is done: registers are those of the new program's first instruction. A negative
 * errno leaves everything as it was.
 */
export function execve(
  task: Task,
  path: string,
  argv: Strings,
  envp: Strings,
  dirfd: number = AT_FDCWD,
  flags = 0,
): number {
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) return -EINVAL;
  if (path === "" && (flags & AT_EMPTY_PATH) === 0) return -ENOENT;
  let base: Path | undefined, fileName = path, inaccessible = false;
  if (dirfd !== AT_FDCWD && !path.startsWith("/")) {
    const directory = task.files.get(dirfd);
    if (directory === undefined) return -EBADF;
    base = directory.path ?? anonymousPath(directory);
    fileName = path === "" ? `/dev/fd/${dirfd}` : `/dev/fd/${dirfd}/${path}`;
    inaccessible = (task.files.flags(dirfd) & FD_CLOEXEC) !== 0;
  }
  const opened = openProgram(task, base, path, flags);
  if (typeof opened === "number") return opened;
  const strings = readStrings(task, path, argv, envp, opened);
  if (typeof strings === "number") return strings;
  const prepared = prepare(task, opened, fileName, strings.argv, inaccessible);
  if (typeof prepared === "number") return prepared;
  const { program } = prepared;
  const identity = identityFor(task, program);
  const image = buildImage(task, prepared, identity, fileName, strings.envp);
  program.file.release();
  if (typeof image === "number") return image;
  commit(task, image, identity, fileName);
  return 0;
}

/** The program's words; where they cannot be read or are too many, the program is closed. */
function readStrings(task: Task, path: string, argv: Strings, envp: Strings, program: ProgramFile) {
  let done = false;
  try {
    const environment = typeof envp === "function" ? envp() : envp;
    if (typeof environment === "number") return environment;
    let args = typeof argv === "function" ? argv() : argv;
    if (typeof args === "number") return args;
    // A program may rely on argv[0]: Linux gives it an empty one.
    if (args.length === 0) args = [new Uint8Array(0)];
    let size = encodeName(path).length + 1;
    for (const list of [args, environment]) for (const string of list) size += string.length + 1 + 8;
    if (size > argumentsLimit(task)) return -E2BIG;
    done = true;
    return { argv: args, envp: environment };
  } finally {
    if (!done) program.file.release();
  }
}

/** Opens, for scripts, what shall interpret them, until it is an ELF file. */
function prepare(
  task: Task,
  opened: ProgramFile,
  fileName: string,
  argv: readonly Uint8Array[],
  inaccessible: boolean,
): Prepared | number {
  let program: ProgramFile | number = opened;
  let scriptName: Uint8Array = encodeName(fileName);
  for (let depth = 0;; depth++) {
    if (typeof program === "number") return program;
    const head = fileHead(program.inode);
    if (typeof head === "number") {
      program.file.release();
      return head;
    }
    const script = parseScript(head);
    if (script === undefined) {
      const elf = readElf(program.inode, head);
      if (typeof elf !== "number") return { program, elf, argv };
      program.file.release();
      return elf;
    }
    program.file.release();
    // The interpreter could not open a descriptor that exec closes.
    if (inaccessible) return -ENOENT;
    if (depth === MAX_INTERPRETERS) return -ELOOP;
    // Where Linux looks up an empty name itself, it finds the current directory.
    if (script.interpreter.length === 0) return -EACCES;
    argv = [
      script.interpreter,
      ...(script.argument === undefined ? [] : [script.argument]),
      scriptName,
      ...argv.slice(1),
    ];
    scriptName = script.interpreter;
    program = openProgram(task, undefined, decodeName(script.interpreter), 0);
  }
}

interface Image {
  readonly mm: Mm;
  readonly entry: number;
  readonly stackPointer: number;
}

function buildImage(
  task: Task,
  { program, elf, argv }: Prepared,
  identity: ExecIdentity,
  fileName: string,
  envp: readonly Uint8Array[],
): Image | number {
  const mm = Mm.create();
  if (typeof mm === "number") return mm;
  mm.rlimits = task.process.rlimits;
  let result: Image | number;
  try {
    result = fillImage(task, mm, program, elf, argv, identity, fileName, envp);
  } catch (error) {
    if (error !== EFAULT_SENTINEL) {
      mm.release();
      throw error;
    }
    // The stack cannot be written: memory is used up.
    result = -ENOMEM;
  }
  if (typeof result === "number") mm.release();
  return result;
}

function fillImage(
  task: Task,
  mm: Mm,
  program: ProgramFile,
  elf: ElfHeaders,
  argv: readonly Uint8Array[],
  identity: ExecIdentity,
  fileName: string,
  envp: readonly Uint8Array[],
): Image | number {
  let interpreter: { file: ProgramFile; elf: ElfHeaders } | undefined;
  if (elf.interpreter !== undefined) {
    const opened = openInterpreter(task, elf.interpreter);
    if (typeof opened === "number") return opened;
    interpreter = opened;
  }
  const loaded = loadElf(mm, elf, program.file, "program");
  const linker = interpreter === undefined || typeof loaded === "number"
    ? undefined
    : loadElf(mm, interpreter.elf, interpreter.file.file, "interpreter");
  interpreter?.file.file.release();
  if (typeof loaded === "number") return loaded;
  if (typeof linker === "number") return linker;

  const { credentials } = identity;
  const stack = buildStack({
    level: levelOf(task.cpu),
    top: STACK_TOP,
    argv,
    envp,
    fileName: encodeName(fileName),
    phdr: loaded.phdr,
    phnum: elf.phnum,
    base: linker?.base ?? 0,
    entry: loaded.entry,
    uid: credentials.uid,
    euid: credentials.euid,
    gid: credentials.gid,
    egid: credentials.egid,
    secure: identity.secure,
    random: crypto.getRandomValues(new Uint8Array(16)),
    vdso: 0,
  });
  const used = pageAlign(stack.bytes.length);
  const room = Math.max(used, Math.min(used + STACK_ROOM, pageAlign(mm.limit("stack"))));
  const prot = PROT_READ | PROT_WRITE | (elf.executableStack ? PROT_EXEC : 0);
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;
  const mapped = mm.mmap(STACK_TOP - room, room, prot, flags, undefined, 0);
  if (mapped < 0) return mapped;
  new UserMemory(mm).write(stack.pointer, stack.bytes);

  mm.startCode = loaded.startCode;
  mm.endCode = loaded.endCode;
  mm.startData = loaded.startData;
  mm.endData = loaded.endData;
  mm.startBrk = mm.brk = pageAlign(loaded.end);
  mm.startStack = stack.pointer;
  mm.argStart = stack.argStart;
  mm.argEnd = stack.argEnd;
  mm.envStart = stack.envStart;
  mm.envEnd = stack.envEnd;
  mm.auxv = stack.auxv;
  mm.exe = program.path;
  return { mm, entry: linker?.entry ?? loaded.entry, stackPointer: stack.pointer };
}

function openInterpreter(task: Task, path: string): { file: ProgramFile; elf: ElfHeaders } | number {
  const file = openProgram(task, undefined, path, 0);
  if (typeof file === "number") return file;
  const head = fileHead(file.inode);
  const elf = typeof head === "number" ? head : readElf(file.inode, head);
  if (typeof elf === "number") {
    file.file.release();
    return elf === -ENOEXEC ? -ELIBBAD : elf;
  }
  return { file, elf };
}

/** The point of no return: nothing below can fail. */
function commit(task: Task, image: Image, identity: ExecIdentity, fileName: string): void {
  const { process } = task, old = task.mm;
  beginExec(task);
  if (old.references === 1) process.maxRssPages = Math.max(process.maxRssPages, old.peakResident);
  task.mm = image.mm;
  task.memory = new UserMemory(image.mm);
  old.release();
  if (task.files.references > 1) {
    const own = task.files.dup();
    task.files.release();
    task.files = own;
  }
  task.files.closeOnExec();
  if (identity.secure) task.parentDeathSignal = 0;
  task.credentials = identity.credentials;
  process.dumpable = identity.dumpable ? 1 : 0;
  const name = encodeName(fileName.slice(fileName.lastIndexOf("/") + 1));
  finishExec(task, decodeName(name, 0, Math.min(15, name.length)));
  resetRegisters(task, image);
}

function resetRegisters(task: Task, { mm, entry, stackPointer }: Image): void {
  const c = task.cpu;
  const level = levelOf(c);
  U8.fill(0, c << 2, (c << 2) + CPU_BYTES);
  setLevel(c, level);
  attachCpu(mm, c);
  setSlot(c, RIP, entry);
  setSlot(c, RSP, stackPointer);
  I32[c + 2 * FPU_CONTROL] = 0x37f;
  I32[c + 2 * MXCSR] = 0x1f80;
  task.instance.executor.writeFlags(c, 0x202);
}

function setSlot(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value;
  I32[c + 2 * slot + 1] = Math.floor(value / 0x1_0000_0000);
}
