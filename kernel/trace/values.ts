// How single values look in a trace: flags, pointers, numbers, strings, signal sets, as strace prints them.

import { ERRNO_NAMES } from "../abi/errno.ts";
import { ERRNO_MESSAGES } from "../abi/errno_text.ts";
import { FLAG_SETS, type FlagSet, signalName } from "./flag_names.ts";

/** Strings are cut at this many bytes. */
export const STRING_LIMIT = 32;

/** A register's value as unsigned hexadecimal; 0 is "0". */
export function hex(value: number): string {
  if (value === 0) return "0";
  return "0x" + (value < 0 ? BigInt.asUintN(64, BigInt(value)) : value).toString(16);
}

export function pointer(value: number): string {
  return value === 0 ? "NULL" : hex(value);
}

/** File permissions: octal, at least three digits. */
export function octal(value: number): string {
  const digits = value.toString(8);
  return digits.length >= 3 ? (digits[0] === "0" ? digits : "0" + digits) : digits.padStart(3, "0");
}

export function flags(setName: string, value: number): string {
  const set = FLAG_SETS[setName];
  return set === undefined ? hex(value) : set.kind === "bits" ? bitNames(set, value) : enumName(set, value);
}

function bitNames(set: FlagSet, value: number): string {
  let rest = value >>> 0;
  const names: string[] = [];
  if (set.mask !== undefined) {
    const field = rest & set.mask;
    const name = set.field!.find(([known]) => known === field)?.[1];
    names.push(name ?? hex(field));
    rest = (rest & ~set.mask) >>> 0;
  }
  for (const [bit, name] of set.rows) {
    if (rest === 0) break;
    if ((rest & bit) >>> 0 === bit) {
      names.push(name);
      rest = (rest & ~bit) >>> 0;
    }
  }
  if (names.length === 0 && rest === 0) return set.zero ?? "0";
  if (rest !== 0) names.push(hex(rest));
  return names.join("|");
}

function enumName(set: FlagSet, value: number): string {
  const row = set.rows.find(([known]) => known === value || known === value >>> 0 && known > 0x7fff_ffff);
  if (row !== undefined) return row[1];
  return set.unknown === undefined ? hex(value) : `${hex(value)} /* ${set.unknown} */`;
}

export function signal(value: number): string {
  const name = signalName(value);
  return name === undefined ? String(value) : "SIG" + name;
}

/** "[INT CHLD]", or "~[…]" for sets with most signals in them. */
export function signalSet(low: number, high: number): string {
  let count = 0;
  const has = (signo: number) => (((signo > 32 ? high : low) >>> ((signo - 1) & 31)) & 1) === 1;
  for (let signo = 1; signo <= 64; signo++) if (has(signo)) count++;
  const invert = count >= Math.floor(64 * 2 / 3);
  const names: string[] = [];
  for (let signo = 1; signo <= 64; signo++) if (has(signo) !== invert) names.push(signalName(signo)!);
  return `${invert ? "~" : ""}[${names.join(" ")}]`;
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** Bytes in double quotes; octal escapes are as short as the next character allows. `cut`: there is more. */
export function quoted(bytes: Uint8Array, cut = false): string {
  let text = '"';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    const escape = ESCAPES[byte];
    if (escape !== undefined) text += escape;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else {
      const next = i + 1 < bytes.length ? bytes[i + 1] : 0;
      text += "\\" + byte.toString(8).padStart(next >= 48 && next <= 57 ? 3 : 1, "0");
    }
  }
  return text + (cut ? '"...' : '"');
}

/** Random bytes: every byte as \xNN. */
export function quotedHex(bytes: Uint8Array, cut: boolean): string {
  let text = '"';
  for (const byte of bytes) text += "\\x" + byte.toString(16).padStart(2, "0");
  return text + (cut ? '"...' : '"');
}

/** "-1 ENOENT (No such file or directory)". */
export function errorResult(errno: number): string {
  switch (errno) {
    case 512:
      return "? ERESTARTSYS (To be restarted if SA_RESTART is set)";
    case 513:
      return "? ERESTARTNOINTR (To be restarted)";
    case 514:
      return "? ERESTARTNOHAND (To be restarted if no handler)";
    case 516:
      return "? ERESTART_RESTARTBLOCK (Interrupted by signal)";
  }
  const name = ERRNO_NAMES[errno];
  return name === undefined
    ? `-1 ${errno} (errno ${errno})`
    : `-1 ${name} (${ERRNO_MESSAGES[errno] ?? "Unknown error"})`;
}

export function device(dev: number, major: number, minor: number): string {
  return dev === 0 ? "0" : `makedev(${hex(major)}, ${hex(minor)})`;
}
