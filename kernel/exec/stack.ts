// What does a program find on its stack when it starts? (System V ABI, x86-64 supplement, 3.4.1 "Initial Stack and Register State".)
//
// From the top down: eight zero bytes, the file name, the environment strings, the argument strings, platform name and random
// bytes, then (16-byte aligned, at RSP) argc, argv, envp and the auxiliary vector.

import { featureBits, featureNames, type Level } from "../../translator/cpuid.ts";

const TWO_32 = 0x1_0000_0000;

export const AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7, AT_FLAGS = 8;
export const AT_ENTRY = 9,
  AT_UID = 11,
  AT_EUID = 12,
  AT_GID = 13,
  AT_EGID = 14,
  AT_PLATFORM = 15,
  AT_HWCAP = 16;
export const AT_CLKTCK = 17,
  AT_SECURE = 23,
  AT_RANDOM = 25,
  AT_HWCAP2 = 26,
  AT_EXECFN = 31,
  AT_SYSINFO_EHDR = 33;
export const AT_MINSIGSTKSZ = 51;

const LEAF_FEATURES = 1, EDX = 3, HWCAP2_FSGSBASE = 2;
/** More than a signal frame takes, alignment included. */
const MIN_SIGNAL_STACK = 2048;

export interface StackContents {
  /** What the processor can do. */
  readonly level: Level;
  readonly top: number;
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
  /** Name the program was started by. */
  readonly fileName: Uint8Array;
  readonly phdr: number;
  readonly phnum: number;
  /** Where the interpreter lies, 0 without one. */
  readonly base: number;
  readonly entry: number;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly secure: boolean;
  /** Sixteen bytes. */
  readonly random: Uint8Array;
  /** The vDSO's ELF header, 0 without one. */
  readonly vdso: number;
}

export interface InitialStack {
  /** Initial RSP: where `bytes` go. */
  readonly pointer: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly auxv: Uint8Array<ArrayBuffer>;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
}

function total(strings: readonly Uint8Array[]): number {
  return strings.reduce((sum, string) => sum + string.length + 1, 0);
}

/** The bytes from RSP to the top of the stack. */
export function buildStack(what: StackContents): InitialStack {
  const { argv, envp, top } = what;
  const fileName = top - 8 - (what.fileName.length + 1);
  const envStart = fileName - total(envp);
  const argStart = envStart - total(argv);
  const platform = argStart - argStart % 16 - 16;
  const random = platform - 16;
  const auxv: [number, number][] = [
    [AT_MINSIGSTKSZ, MIN_SIGNAL_STACK],
    [AT_HWCAP, featureBits(what.level, LEAF_FEATURES, EDX) >>> 0],
    [AT_PAGESZ, 4096],
    [AT_CLKTCK, 100],
    [AT_PHDR, what.phdr],
    [AT_PHENT, 56],
    [AT_PHNUM, what.phnum],
    [AT_BASE, what.base],
    [AT_FLAGS, 0],
    [AT_ENTRY, what.entry],
    [AT_UID, what.uid],
    [AT_EUID, what.euid],
    [AT_GID, what.gid],
    [AT_EGID, what.egid],
    [AT_SECURE, what.secure ? 1 : 0],
    [AT_RANDOM, random],
    [AT_HWCAP2, featureNames(what.level).includes("fsgsbase") ? HWCAP2_FSGSBASE : 0],
    [AT_EXECFN, fileName],
    [AT_PLATFORM, platform],
    [AT_NULL, 0],
  ];
  if (what.vdso !== 0) auxv.unshift([AT_SYSINFO_EHDR, what.vdso]);
  const words = 1 + argv.length + 1 + envp.length + 1 + 2 * auxv.length;
  let pointer = random - 8 * words;
  pointer -= pointer % 16;

  const bytes = new Uint8Array(top - pointer);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const word = (value: number) => {
    view.setUint32(at, value >>> 0, true);
    view.setUint32(at + 4, Math.floor(value / TWO_32), true);
    at += 8;
  };
  const strings = (list: readonly Uint8Array[], start: number): number => {
    for (const string of list) {
      word(start);
      bytes.set(string, start - pointer);
      start += string.length + 1;
    }
    word(0);
    return start;
  };
  word(argv.length);
  const argEnd = strings(argv, argStart);
  const envEnd = strings(envp, envStart);
  const auxStart = at;
  for (const [type, value] of auxv) {
    word(type);
    word(value);
  }
  bytes.set(what.random.subarray(0, 16), random - pointer);
  bytes.set(PLATFORM, platform - pointer);
  bytes.set(what.fileName, fileName - pointer);
  return { pointer, bytes, auxv: bytes.slice(auxStart, at), argStart, argEnd, envStart, envEnd };
}

const PLATFORM = new TextEncoder().encode("x86_64");
