// What does the first line of a script say? (Linux's fs/binfmt_script.c.)

/** So much of a file is looked at. */
export const SCRIPT_HEAD = 256;

export interface ScriptLine {
  readonly interpreter: Uint8Array;
  /** Everything behind the interpreter is one argument. */
  readonly argument: Uint8Array | undefined;
}

const SPACE = 0x20, TAB = 9, NEWLINE = 10;

/** Interpreter and argument of a `#!` line; undefined when `head` is no usable script (ENOEXEC). */
export function parseScript(head: Uint8Array): ScriptLine | undefined {
  if (head[0] !== 0x23 || head[1] !== 0x21) return undefined;
  const line = new Uint8Array(SCRIPT_HEAD);
  line.set(head.subarray(0, SCRIPT_HEAD));
  let end = line.indexOf(NEWLINE);
  const whole = end >= 0;
  if (end < 0) {
    // Without an end in sight the interpreter's name must at least be complete.
    const zero = line.indexOf(0, 2);
    end = zero < 0 ? SCRIPT_HEAD - 1 : zero;
    if (zero < 0) {
      const name = skip(line, 2, end);
      if (name === end || skipWord(line, name, end) === end) return undefined;
    }
  }
  while (end > 2 && isBlank(line[end - 1])) end--;
  const start = skip(line, 2, end);
  const nameEnd = skipWord(line, start, end);
  // A line that ends behind "#!" names no interpreter; a file that ends there names one, by an empty name.
  if (nameEnd === start && whole) return undefined;
  const argument = skip(line, nameEnd, end);
  // A zero byte ends the line early.
  const stop = line.subarray(argument, end).indexOf(0);
  const argumentEnd = stop < 0 ? end : argument + stop;
  return {
    interpreter: line.slice(start, nameEnd),
    argument: line[nameEnd] !== 0 && argumentEnd > argument ? line.slice(argument, argumentEnd) : undefined,
  };
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function skip(line: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(line[at])) at++;
  return at;
}

function skipWord(line: Uint8Array, at: number, end: number): number {
  while (at < end && !isBlank(line[at]) && line[at] !== 0) at++;
  return at;
}
