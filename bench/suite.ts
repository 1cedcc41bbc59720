// What is measured: the one table of benchmarks.

import type { Input } from "./inputs.ts";

/** Groups in the order of the report, with what they say. */
export const GROUPS = {
  integer: "Integer programs",
  float: "Floating point",
  vector: "Cryptography and AVX2",
  strings: "String functions of the C library",
  calls: "Calls",
  real: "Real programs",
  system: "System calls, processes, threads",
  start: "Start-up",
} as const;
export type Group = keyof typeof GROUPS;

export interface Benchmark {
  group: Group;
  name: string;
  /**
   * The words of the command. The first is one of ours (`group/name`, a C or C++ source in programs/) or a program of
   * the host. In the others `{n}` is the size, `{input}` the generated file, `{programs}` the folder of our programs;
   * the word `{launcher}` is what a program has to put before a command that it executes: qemu-user would run it natively.
   */
  command: readonly string[];
  /** How much to do; a quick run does a part of it. For `input` its size. Not given: always the same. */
  n?: number;
  /** A generated file, also as standard input. */
  input?: Input;
  /** The figure is the time of one operation, by the program's own clock. Otherwise it is the wall time of the command. */
  each?: true;
  /** Options of denix; the row is left out when it does not know one. */
  denix?: readonly string[];
  /** No translated code is left from earlier runs. */
  coldCache?: true;
}

/** A program of ours: the group is in its name. */
function own(program: string, n: number, name = program.split("/")[1]!): Benchmark {
  return { group: program.split("/")[0] as Group, name, command: [program, "{n}"], n };
}

/** A C library function on so many bytes; each: the time of one call. */
function string(name: string, bytes: number, n: number): Benchmark {
  const size = bytes >= 1 << 20 ? `${bytes >> 20} MiB` : bytes >= 1024 ? `${bytes >> 10} KiB` : `${bytes} B`;
  const command = ["strings/strings", name, String(bytes), "{n}"];
  return { group: "strings", name: `${name}, ${size}`, command, n, each: true };
}

function system(name: string, n: number, ...command: string[]): Benchmark {
  return {
    group: "system",
    name,
    command: [`system/${command[0]}`, ...command.slice(1), "{n}"],
    n,
    each: true,
  };
}

const real = (name: string, n: number, ...command: string[]): Benchmark => ({
  group: "real",
  name,
  command,
  n,
});
const filter = (name: string, input: Input, n: number, ...command: string[]): Benchmark => ({
  ...real(name, n, ...command),
  input,
});
const start = (name: string, ...command: string[]): Benchmark => ({ group: "start", name, command });

export const BENCHMARKS: readonly Benchmark[] = [
  own("integer/fib", 2000),
  own("integer/sieve", 300),
  own("integer/sha256", 24000),
  own("integer/crc32", 800000),
  own("integer/quicksort", 400),
  own("integer/hash_mix", 300000000, "64-bit hash mixing"),
  own("integer/interpreter", 10000000, "bytecode interpreter"),
  own("integer/hash_table", 10000, "hash table, malloc"),
  own("integer/queens", 6000, "n queens"),
  own("integer/matrix", 1500, "integer matrix"),
  own("integer/memory", 150, "8 MiB in order"),
  own("integer/chase", 20000, "16 MiB at random"),

  own("float/nbody", 2500000, "n bodies"),
  own("float/mandelbrot", 1500),
  own("float/spectral", 6000, "spectral norm"),
  own("float/matrix", 800, "dense matrix"),
  own("float/fft", 5000, "Fourier transform"),
  own("float/sse", 200000, "SSE2 intrinsics"),
  own("float/x87", 6000000, "long double (x87)"),

  own("vector/aes_ctr", 20000, "AES-128 in counter mode"),
  own("vector/sha_ni", 40000, "SHA-256 by instructions"),
  own("vector/ghash", 10000, "GHASH"),
  own("vector/avx2_text", 400000, "AVX2 copy, length, count"),
  own("vector/gathers", 30000, "gathers, masks, PEXT, CRC32"),

  string("strlen", 8, 15000000),
  string("strlen", 64, 15000000),
  string("strlen", 4096, 4000000),
  string("memcpy", 16, 15000000),
  string("memcpy", 256, 10000000),
  string("memcpy", 4096, 2000000),
  string("memcpy", 1 << 20, 8000),
  string("memset", 4096, 2000000),
  string("memchr", 64, 15000000),
  string("memchr", 4096, 2000000),
  string("strcmp", 16, 15000000),
  string("strcmp", 1024, 3000000),

  own("calls/virtual", 70, "virtual calls"),
  own("calls/pointers", 70, "function pointers"),
  own("calls/recursion", 1500, "deep recursion"),
  own("calls/setjmp", 5000000, "setjmp, longjmp"),
  own("calls/qsort", 300, "qsort with a callback"),

  real("python3, a script", 600, "python3", "{programs}/real/loop.py", "{n}"),
  real("perl, a script", 250, "perl", "{programs}/real/loop.pl", "{n}"),
  real("lua, a script", 300, "lua", "{programs}/real/loop.lua", "{n}"),
  real("bash, loops", 80, "bash", "{programs}/real/loop.sh", "{n}"),
  filter("sqlite3, insert and query", "sql", 40000, "sqlite3", ":memory:"),
  filter("gzip", "text", 12000, "gzip", "-nc"),
  filter("xz -1", "text", 8000, "xz", "-1", "-T1", "-c"),
  filter("zstd", "text", 36000, "zstd", "-q", "-c"),
  filter("sha256sum", "text", 200000, "sha256sum"),
  filter("openssl sha512", "text", 200000, "openssl", "dgst", "-sha512"),
  filter("gcc's cc1 -O1", "source", 20, "cc1", "-quiet", "-O1", "-o", "-", "{input}"),
  filter("jq", "json", 25000, "jq", "-c", "map(select(.stock.here > 20) | .price * 2) | [length, add]"),
  filter("gawk", "text", 2500, "gawk", "-f", "{programs}/real/count.awk"),
  filter("sort", "text", 20000, "sort"),
  filter("grep -E", "text", 100000, "grep", "-cE", "(sa|mo)[a-z]*te .*ra$"),
  filter("bc", "bc", 6000, "bc", "-l"),

  system("getpid", 5000000, "getpid"),
  system("read of 1 byte", 2000000, "file", "read", "1"),
  system("read of 64 KiB", 200000, "file", "read", "65536"),
  system("write of 1 byte", 2000000, "file", "write", "1"),
  system("write of 64 KiB", 200000, "file", "write", "65536"),
  system("stat", 500000, "stat"),
  system("open, close", 500000, "open"),
  system("pipe, there and back", 100000, "pipe"),
  system("fork, wait", 2000, "fork", "1"),
  system("fork, wait: 64 MiB resident", 500, "fork", "64"),
  system("fork, exec, wait", 1000, "exec", "{launcher}", "/bin/true"),
  system("mmap, touch a page", 10000, "mmap"),
  system("signal to itself", 500000, "signal"),
  system("thread, join", 20000, "thread"),
  system("futex, there and back", 50000, "futex"),

  start("/bin/true", "/bin/true"),
  start("sh -c :", "sh", "-c", ":"),
  start("python3 -c pass", "python3", "-c", "pass"),
  { ...start("python3 -c pass, first run", "python3", "-c", "pass"), coldCache: true },
  { ...start("python3 -c pass, --no-cache", "python3", "-c", "pass"), denix: ["--no-cache"] },
];
