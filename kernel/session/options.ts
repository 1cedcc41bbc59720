// What can be set for an instance, and how is it said on the command line? The table below is the one list of options:
// parsing and --help both read it. Options end at the first argument that is not one, as in env(1), sudo(8) and
// `deno run`: what follows belongs to the guest.

import type { Level } from "../../translator/cpuid.ts";
import type { CodeDirectory } from "../host/code_directory.ts";
import type { Grants } from "./grants.ts";
import { StartError } from "./report.ts";

export const TIERS = ["auto", "threaded", "closure", "js", "wasm"] as const;
export type Tier = typeof TIERS[number];

/** Where the guest's standard streams go. "inherit": the host's own, whatever they are. */
export interface Stdio {
  readonly stdin: "inherit" | "null" | Uint8Array;
  readonly stdout: "inherit" | "null" | ((chunk: Uint8Array) => void);
  readonly stderr: "inherit" | "null" | ((chunk: Uint8Array) => void);
}

/** Which translated code to print to standard error: form, and a guest address or symbol (undefined: all). */
export interface Dump {
  readonly form: "ir" | "js";
  readonly where?: string;
}

/** Everything an instance is started with. Made by the command line and by `run()` of mod.ts. */
export interface InstanceOptions {
  /** Program and arguments. Without a slash in it, the program is looked up in the guest's PATH. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Current directory, as the guest sees it. Falls back to "/" when it does not exist and was not asked for. */
  readonly cwd: string;
  /** `cwd` was asked for: a missing one is an error. */
  readonly cwdRequired: boolean;
  /** Host directory that is the guest's "/". */
  readonly root: string;
  /** How much of the physical memory guests may use. */
  readonly memoryBytes: number;
  readonly grants: Grants;
  readonly stdio: Stdio;
  readonly tier: Tier;
  /** Level of the instruction set that the processor presents. */
  readonly cpu: Level;
  /** Report an instruction that is not implemented before the guest gets its SIGILL. */
  readonly strict: boolean;
  /** Trace system calls: to standard error, or to a host file. */
  readonly strace?: { readonly file?: string };
  readonly dump?: Dump;
  /** Print counters to standard error at the end. */
  readonly stats: boolean;
  /** Where translations are kept between runs; undefined: nowhere. */
  readonly code: CodeDirectory | undefined;
}

/** How an instance is started: resolves with the wait(2) status of its first process. Implemented by instance.ts. */
export type StartInstance = (options: InstanceOptions) => Promise<number>;

/** What the command line said, before host and permissions are looked at. */
export interface CommandLine {
  args: string[];
  help: boolean;
  version: boolean;
  /** true: all; a list: these host paths; undefined: none. */
  allowWrite: true | string[] | undefined;
  allowNet: true | string[] | undefined;
  allowAll: boolean;
  root: string | undefined;
  env: Record<string, string>;
  envClear: boolean;
  cwd: string | undefined;
  memoryBytes: number;
  tier: Tier;
  cpu: Level;
  strict: boolean;
  strace: { file?: string } | undefined;
  dump: Dump | undefined;
  stats: boolean;
  /** Host directory for translations; undefined: the user's cache directory; false: none. */
  cacheDir: string | false | undefined;
}

/** Less than this and a shell with one child does not fit. */
export const MINIMUM_MEMORY = 16 * 1024 * 1024;
/** RAM_BYTES of translator/ram.ts, repeated so that --help does not reserve a machine's memory. */
export const MAXIMUM_MEMORY = 2 * 1024 * 1024 * 1024;

/** The level presented when nothing else is asked for. */
export const DEFAULT_CPU: Level = 3;

interface Option {
  readonly name: string;
  readonly short?: string;
  /** How the value is written in --help; with "[=" it may be left out and must be joined by "=". */
  readonly value?: string;
  readonly help: string;
  readonly group: string;
  apply(line: CommandLine, value: string | undefined): void;
}

const ACCESS = "What the guest may touch (at most what Deno itself may)";
const PLACE = "What it starts with";
const LOOK = "Looking inside";

export const OPTIONS: readonly Option[] = [
  {
    group: ACCESS,
    name: "allow-write",
    value: "[=PATH,…]",
    help: "write host files: all, or those below PATH",
    apply: (line, value) => line.allowWrite = extend("--allow-write", line.allowWrite, value),
  },
  {
    group: ACCESS,
    name: "allow-net",
    value: "[=HOST,…]",
    help: "reach the network (nothing behind it yet)",
    apply: (line, value) => line.allowNet = extend("--allow-net", line.allowNet, value),
  },
  {
    group: ACCESS,
    name: "allow-all",
    short: "A",
    help: "all of the above",
    apply: (line) => line.allowAll = true,
  },
  {
    group: PLACE,
    name: "root",
    value: "DIR",
    help: "the guest's / (default: the host's /)",
    apply: (line, value) => line.root = value!,
  },
  {
    group: PLACE,
    name: "cwd",
    value: "DIR",
    help: "the guest's directory (default: the host's)",
    apply: (line, value) => {
      if (!value!.startsWith("/")) {
        throw bad("--cwd", value!, "give an absolute path as the guest sees it, such as /tmp");
      }
      line.cwd = value!;
    },
  },
  {
    group: PLACE,
    name: "env",
    value: "NAME=VALUE",
    help: "set an environment variable; may be repeated",
    apply: (line, value) => {
      const equals = value!.indexOf("=");
      if (equals < 1) throw bad("--env", value!, "write it as NAME=VALUE");
      line.env[value!.slice(0, equals)] = value!.slice(equals + 1);
    },
  },
  {
    group: PLACE,
    name: "env-clear",
    help: "start from an empty environment",
    apply: (line) => line.envClear = true,
  },
  {
    group: PLACE,
    name: "memory",
    value: "SIZE",
    help: "memory guests may use, 16M to 2G (default: 2G)",
    apply: (line, value) => line.memoryBytes = parseSize(value!),
  },
  {
    group: PLACE,
    name: "cpu",
    value: "LEVEL",
    help: "the processor: x86-64's v1, v2 or v3 (default: v3)",
    apply: (line, value) => line.cpu = parseLevel(value!),
  },
  {
    group: PLACE,
    name: "cache-dir",
    value: "DIR",
    help: "where translated code is kept (~/.cache/denix)",
    apply: (line, value) => {
      if (value === "") throw bad("--cache-dir", "", "name a directory on the host");
      line.cacheDir = value;
    },
  },
  {
    group: PLACE,
    name: "no-cache",
    help: "keep no translated code",
    apply: (line) => line.cacheDir = false,
  },
  {
    group: LOOK,
    name: "strace",
    value: "[=FILE]",
    help: "trace system calls, to standard error or FILE",
    apply: (line, value) => {
      if (value === "") throw bad("--strace", "", "name a file after the =, or leave the = out");
      line.strace = value === undefined ? {} : { file: value };
    },
  },
  {
    group: LOOK,
    name: "dump",
    value: "FORM[=WHERE]",
    help: "print translated code: ir or js, of one place",
    apply: (line, value) => {
      const [, form, where] = /^(ir|js)(?:=(.+))?$/s.exec(value!) ?? [];
      if (form === undefined) {
        throw bad("--dump", value!, "write ir or js, then =ADDRESS or =SYMBOL if you like");
      }
      line.dump = where === undefined ? { form: form as "ir" | "js" } : { form: form as "ir" | "js", where };
    },
  },
  {
    group: LOOK,
    name: "tier",
    value: "TIER",
    help: "how code runs: auto, threaded, closure, js or wasm",
    apply: (line, value) => {
      const tier = TIERS.find((name) => name === value);
      if (tier === undefined) throw bad("--tier", value!, "choose auto, threaded, closure, js or wasm");
      line.tier = tier;
    },
  },
  {
    group: LOOK,
    name: "strict",
    help: "name the missing instruction when one is met",
    apply: (line) => line.strict = true,
  },
  {
    group: LOOK,
    name: "stats",
    help: "print counters to standard error at the end",
    apply: (line) => line.stats = true,
  },
  {
    group: LOOK,
    name: "help",
    short: "h",
    help: "print this",
    apply: (line) => line.help = true,
  },
  {
    group: LOOK,
    name: "version",
    short: "V",
    help: "print the version",
    apply: (line) => line.version = true,
  },
];

function bad(option: string, value: string, advice: string): StartError {
  return new StartError(`bad value ${JSON.stringify(value)} for ${option}: ${advice}`);
}

/** Adds to a list of grants; without a value everything is granted, and stays so. */
function extend(
  option: string,
  list: true | string[] | undefined,
  value: string | undefined,
): true | string[] {
  if (value === undefined || list === true) return true;
  const added = value.split(",");
  if (added.includes("")) {
    throw bad(option, value, "list names separated by commas, or leave the = out to allow all");
  }
  return [...list ?? [], ...added];
}

/** "v2" → 2. */
export function parseLevel(text: string): Level {
  const level = ["v1", "v2", "v3"].indexOf(text) + 1;
  if (level === 0) throw bad("--cpu", text, "choose v1, v2 or v3");
  return level as Level;
}

/** "512M" → bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?$/i.exec(text);
  if (match === null) throw bad("--memory", text, "write a number with K, M or G, such as 512M");
  const bytes = Math.floor(Number(match[1]) * 1024 ** ["", "K", "M", "G"].indexOf(match[2]!.toUpperCase()));
  if (bytes < MINIMUM_MEMORY) {
    throw bad("--memory", text, "that is too little to run anything; give 16M or more");
  }
  if (bytes > MAXIMUM_MEMORY) {
    throw bad("--memory", text, "that is more than an instance can have; give 2G or less");
  }
  return Math.floor(bytes / 4096) * 4096;
}

/** Parses everything up to the program's name; the rest is the guest's. Throws {@link StartError}. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const line: CommandLine = {
    args: [],
    help: false,
    version: false,
    allowWrite: undefined,
    allowNet: undefined,
    allowAll: false,
    root: undefined,
    env: {},
    envClear: false,
    cwd: undefined,
    memoryBytes: MAXIMUM_MEMORY,
    tier: "auto",
    cpu: DEFAULT_CPU,
    strict: false,
    strace: undefined,
    dump: undefined,
    stats: false,
    cacheDir: undefined,
  };
  let index = 0;
  for (; index < args.length; index++) {
    const argument = args[index]!;
    if (argument === "--") {
      index++;
      break;
    }
    if (argument === "-" || !argument.startsWith("-")) break;
    const { option, value } = find(argument);
    const kind = valueKind(option);
    if (kind === "none" && value !== undefined) {
      throw new StartError(`--${option.name} takes no value; see --help`);
    }
    if (kind === "required" && value === undefined) {
      const next = args[++index];
      if (next === undefined) throw new StartError(`${argument} needs a value: ${argument} ${option.value}`);
      option.apply(line, next);
    } else option.apply(line, value);
  }
  line.args = args.slice(index);
  return line;
}

function valueKind(option: Option): "none" | "optional" | "required" {
  return option.value === undefined ? "none" : option.value.startsWith("[=") ? "optional" : "required";
}

function find(argument: string): { option: Option; value: string | undefined } {
  const equals = argument.indexOf("=");
  const word = equals < 0 ? argument : argument.slice(0, equals);
  const option = word.startsWith("--")
    ? OPTIONS.find(({ name }) => name === word.slice(2))
    : OPTIONS.find(({ short }) => short === word.slice(1));
  if (option === undefined) {
    const near = nearest(word.replace(/^-+/, ""));
    const advice = near === undefined ? "see --help" : `did you mean --${near}?`;
    throw new StartError(`unknown option ${word}; ${advice} (options of the program go after its name)`);
  }
  return { option, value: equals < 0 ? undefined : argument.slice(equals + 1) };
}

/** The option whose name is at most two edits away, or starts with what was typed. */
function nearest(typed: string): string | undefined {
  const names = OPTIONS.map(({ name }) => name);
  const close = names.filter((name) => distance(name, typed) <= 2);
  const started = typed.length >= 2 ? names.filter((name) => name.startsWith(typed)) : [];
  return close[0] ?? started[0];
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The text of --help: 80 columns, one screen. */
export function helpText(bold: (text: string) => string = (text) => text): string {
  const lines = [
    `${bold("denix")} runs Linux x86-64 programs inside Deno.`,
    "",
    `${bold("Usage:")} deno run -A mod.ts [OPTIONS] PROGRAM [ARGUMENTS…]`,
  ];
  let group = "";
  for (const option of OPTIONS) {
    if (option.group !== group) lines.push("", bold(`${group = option.group}:`));
    const separator = option.value === undefined || option.value.startsWith("[=") ? "" : " ";
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    const left = `${short}--${option.name}${separator}${option.value ?? ""}`;
    lines.push(`  ${left.padEnd(27)} ${option.help}`);
  }
  lines.push(
    "",
    "The guest reads the host's files; without --allow-write, writes stay in memory.",
    "Exit status: the program's; 128+N: killed by signal N; 125: denix could not",
    "start; 126: not an executable for x86-64 Linux; 127: program not found.",
    "",
  );
  return lines.join("\n");
}
