import { assert, assertEquals } from "@std/assert";
import { EACCES, EINVAL, ENOENT, ESRCH } from "../../kernel/abi/errno.ts";
import type { Inode } from "../vfs/inode.ts";
import { OpenFile } from "../vfs/open_file.ts";
import { ProcFile } from "./nodes.ts";
import { ProcFs } from "./procfs.ts";
import type { ProcArea, ProcMemory, ProcSource, ProcTask } from "./source.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();
/** The value, where an errno would be a failure. */
function must<T>(value: T | number, what = ""): T {
  if (typeof value === "number") throw new Error(`${what}: ${value}`);
  return value;
}

const none = { low: 0, high: 0 };

function area(start: number, end: number, name: string, more: Partial<ProcArea> = {}): ProcArea {
  return {
    start,
    end,
    read: true,
    write: false,
    exec: true,
    shared: false,
    offset: 0,
    dev: 0xfe00,
    ino: 42,
    name,
    growsDown: false,
    resident: () => ({ total: 4096, anonymous: 0, shared: 0, dirty: 0 }),
    ...more,
  };
}

const argText = encoder.encode("sh\0-c\0exit\0"), envText = encoder.encode("A=1\0B=2\0");
const memory: ProcMemory = {
  areas: () => [
    area(0x55e4429d5000, 0x55e442a04000, "/usr/bin/bash"),
    area(0x7ffd00000000, 0x7ffd00021000, "[stack]", {
      write: true,
      exec: false,
      dev: 0,
      ino: 0,
      growsDown: true,
    }),
    area(0x1000, 0x2000, "", { dev: 0, ino: 0 }),
  ],
  totals: {
    virtual: 0x300000,
    virtualPeak: 0x400000,
    resident: 0x100000,
    residentPeak: 0x110000,
    residentAnonymous: 0x80000,
    residentFile: 0x80000,
    residentShared: 0,
    locked: 0,
    data: 0x20000,
    stack: 0x21000,
    code: 0x5000,
    libraries: 0x100000,
    pageTables: 0x3000,
  },
  codeStart: 0x400000,
  codeEnd: 0x405000,
  dataStart: 0x600000,
  dataEnd: 0x601000,
  brkStart: 0x700000,
  stackStart: 0x7ffd00020000,
  argStart: 0x1000,
  argEnd: 0x1000 + argText.length,
  envStart: 0x1000 + argText.length,
  envEnd: 0x1000 + argText.length + envText.length,
  auxv: new Uint8Array(16),
  read(address, buffer, offset, length) {
    const bytes = new Uint8Array([...argText, ...envText]).subarray(
      address - 0x1000,
      address - 0x1000 + length,
    );
    buffer.set(bytes, offset);
    return bytes.length;
  },
  page: () => undefined,
  write: () => -1,
};

class NullFile extends OpenFile {
  override readonly inode = new ProcFile(proc, 77, 0o644, {});
  override label(): string {
    return "pipe:[77]";
  }
}

function task(tid: number, more: Partial<ProcTask> = {}): ProcTask {
  const file = () => new NullFile(2);
  return {
    tid,
    tgid: 7,
    identity: {},
    exists: true,
    comm: "a b) (c",
    state: "S",
    ppid: 1,
    pgid: 7,
    sid: 7,
    tty: 0x8801,
    tpgid: 7,
    flags: 0x400000,
    threads: [7, 8],
    uid: { real: 1000, effective: 1001, saved: 1002, fs: 1001 },
    gid: { real: 100, effective: 100, saved: 100, fs: 100 },
    groups: [4, 24],
    capabilities: { inheritable: 0, permitted: 2 ** 41 - 1, effective: 0, bounding: 0, ambient: 0 },
    umask: 0o22,
    nice: 5,
    policy: 0,
    realtimePriority: 0,
    startNs: 12_340_000_000,
    times: { userNs: 20_000_000, systemNs: 10_000_000 },
    groupTimes: { userNs: 50_000_000, systemNs: 30_000_000 },
    childTimes: { userNs: 0, systemNs: 0 },
    faults: { minor: 10, major: 1, childMinor: 2, childMajor: 0 },
    switches: { voluntary: 3, involuntary: 4 },
    signals: {
      pending: none,
      sharedPending: none,
      blocked: { low: 0x10000, high: 0 },
      ignored: none,
      caught: { low: -1, high: -1 },
      queued: 0,
      queueLimit: 100,
    },
    exitSignal: 17,
    exitCode: 0,
    noNewPrivileges: false,
    dumpable: true,
    oomScoreAdjust: 0,
    personality: 0,
    limits: Array.from({ length: 16 }, () => ({ cur: 8388608, max: Infinity })),
    io: { readChars: 1, writeChars: 2, readCalls: 3, writeCalls: 4 },
    waitChannel: "do_wait",
    memory,
    link: (which) => ({ text: `/${which}`, target: which }),
    descriptorTableSize: 64,
    descriptors: () => [0, 3],
    descriptor: (fd) =>
      fd === 0 || fd === 3
        ? {
          file: file(),
          text: fd === 0 ? "/dev/null" : "pipe:[77]",
          target: "file",
          cloexec: fd === 3,
          mountId: 9,
        }
        : undefined,
    mounts: () => [{
      id: 22,
      parentId: 1,
      dev: 0x15,
      root: "/",
      mountPoint: "/a b",
      options: "rw,nosuid",
      superOptions: "rw,size=4k",
      type: "tmpfs",
      source: "none",
    }],
    ...more,
  };
}

const tasks = new Map<number, ProcTask>([[7, task(7)], [8, task(8)]]);
let inspect = true;
let current: ProcTask | undefined = tasks.get(8);
const source: ProcSource = {
  pids: () => [7],
  process: (pid) => pid === 7 ? tasks.get(7) : undefined,
  task: (tid) => tasks.get(tid),
  current: () => current,
  mayInspect: () => inspect,
  cpu: {
    vendor: "GenuineIntel",
    family: 6,
    model: 15,
    stepping: 1,
    name: "a processor",
    mhz: 1000,
    cpuidLevel: 13,
    cacheSize: 4096,
    cacheLine: 64,
    physicalBits: 40,
    virtualBits: 48,
    flags: ["fpu", "sse2"],
  },
  cpuCount: 1,
  names: {
    sysname: "Linux",
    release: "6.1.0-denix",
    version: "#1",
    machine: "x86_64",
    hostname: "h",
    domainname: "(none)",
  },
  setHostname: () => {},
  setDomainname: () => {},
  commandLine: "denix",
  bootTimeSeconds: () => 1000,
  uptimeNs: () => 12_345_000_000,
  realtime: () => ({ sec: 5, nsec: 6 }),
  cpuTimes: () => ({ userNs: 1e9, systemNs: 2e9, idleNs: 3e9 }),
  loadAverage: () => [0.5, 0.25, 1],
  memory: () => ({
    total: 2 ** 30,
    free: 2 ** 29,
    cached: 2 ** 20,
    shmem: 0,
    anonymous: 2 ** 20,
    mapped: 0,
    pageTables: 0,
    committed: 0,
  }),
  counters: () => ({
    contextSwitches: 1,
    forks: 2,
    running: 1,
    blocked: 0,
    threads: 3,
    lastPid: 9,
    pageFaults: 5,
    majorFaults: 1,
    interrupts: 0,
  }),
  fileSystems: () => [{ name: "proc", device: false }, { name: "ext4", device: true }],
  characterDevices: () => [{ major: 1, name: "mem" }],
  openFileCount: () => 3,
  pidMax: 32768,
  unixSockets: () => [],
  sysv: {
    msg: { text: () => "msg\n", nextId: -1, limit: 9 },
    sem: { text: () => "sem\n", nextId: -1, limit: 9 },
    shm: { text: () => "shm\n", nextId: -1, limit: 9 },
  },
  randomUuid: () => "00000000-0000-4000-8000-000000000000",
  encode: (text) => encoder.encode(text),
  decode: (bytes) => decoder.decode(bytes),
};
const proc = new ProcFs(source, 0x15);

function find(path: string): Inode | number {
  let inode: Inode | number = proc.root;
  for (const name of path.split("/")) {
    inode = inode.lookup(name);
    if (typeof inode === "number") return inode;
  }
  return inode;
}

function open(path: string, flags = 0): OpenFile {
  return must(must(find(path), path).open(flags), path);
}

function read(path: string): string {
  const buffer = new Uint8Array(100_000);
  const count = open(path).read(buffer, 0, buffer.length);
  assert(count >= 0, `${path}: ${count}`);
  return decoder.decode(buffer.subarray(0, count));
}

Deno.test("stat has 52 fields behind a name that may hold anything", () => {
  const text = read("7/stat");
  const [, name, rest] = /^7 \((.*)\) (.*)\n$/.exec(text)!;
  assertEquals(name, "a b) (c");
  const fields = rest.split(" ");
  assertEquals(fields.length, 50);
  const field = (number: number) => fields[number - 3];
  assertEquals(field(3), "S");
  assertEquals(field(7), String(0x8801));
  assertEquals([field(14), field(15)], ["5", "3"]);
  assertEquals([field(18), field(19), field(20)], ["25", "5", "2"]);
  assertEquals(field(22), "1234");
  assertEquals(field(23), String(0x300000));
  assertEquals(field(25), "8388608");
  assertEquals(field(34), String(0x7fffffff));
  assertEquals(field(52), "0");
  // One thread's own times.
  assertEquals(read("7/task/8/stat").split(") ").pop()!.split(" ").slice(11, 13), ["2", "1"]);
});

Deno.test("status has the host's lines in the host's order", { ignore: Deno.build.os !== "linux" }, () => {
  const keys = (text: string) => text.trim().split("\n").map((line) => line.split(":")[0]);
  const ours = keys(read("7/status"));
  const host = keys(Deno.readTextFileSync("/proc/self/status"));
  assertEquals(ours.filter((key) => host.includes(key)), host.filter((key) => ours.includes(key)));
  assert(read("7/status").includes("CapPrm:\t000001ffffffffff\n"));
  assert(read("7/status").includes("SigCgt:\tffffffffffffffff\n"));
  assert(read("7/status").includes("VmSize:\t    3072 kB\n"));
  assert(read("7/status").includes("Uid:\t1000\t1001\t1002\t1001\n"));
});

Deno.test("maps puts names where Linux puts them", () => {
  assertEquals(read("7/maps").split("\n").slice(0, 3), [
    "55e4429d5000-55e442a04000 r-xp 00000000 fe:00 42                         /usr/bin/bash",
    "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]",
    "00001000-00002000 r-xp 00000000 00:00 0 ",
  ]);
  assertEquals(read("7/smaps").split("\n").filter((line) => line.startsWith("Rss:")).length, 3);
});

Deno.test("the small files of a process", () => {
  assertEquals(read("7/cmdline"), "sh\0-c\0exit\0");
  assertEquals(read("7/environ"), "A=1\0B=2\0");
  assertEquals(read("7/comm"), "a b) (c\n");
  assertEquals(read("7/statm"), "768 256 128 5 0 65 0\n");
  assertEquals(read("7/wchan"), "do_wait");
  assertEquals(read("7/mounts"), "none /a\\040b tmpfs rw,nosuid,size=4k 0 0\n");
  assertEquals(read("7/mountinfo"), "22 1 0:21 / /a\\040b rw,nosuid - tmpfs none rw,size=4k\n");
  const limits = read("7/limits").split("\n");
  assertEquals(limits.length, 18);
  assertEquals(limits[4], "Max stack size            8388608              unlimited            bytes     ");
});

Deno.test("descriptors are magic links with the file's access in their mode", () => {
  const directory = find("7/fd") as Inode;
  assertEquals((directory.list() as { name: string }[]).map((entry) => entry.name), ["0", "3"]);
  const link = find("7/fd/3") as Inode;
  assertEquals(link.readlink(), "pipe:[77]");
  assertEquals(link.followMagic!(), "file");
  assertEquals(link.mode, 0o120700);
  assertEquals(find("7/fd/1"), -ENOENT);
  assertEquals(find("7/fd/03"), -ENOENT);
  assertEquals(read("7/fdinfo/3"), "pos:\t0\nflags:\t02000002\nmnt_id:\t9\nino:\t77\n");
});

Deno.test("links to the caller", () => {
  assertEquals((find("self") as Inode).readlink(), "7");
  assertEquals((find("thread-self") as Inode).readlink(), "7/task/8");
  assertEquals((find("7/exe") as Inode).followMagic!(), "exe");
  current = undefined;
  assertEquals((find("self") as Inode).readlink(), -ENOENT);
  current = tasks.get(8);
});

Deno.test("files of others are closed to those who may not inspect them", () => {
  inspect = false;
  assertEquals((find("7/environ") as Inode).open(0), -EACCES);
  assertEquals((find("7/maps") as Inode).open(0), -EACCES);
  assertEquals((find("7/exe") as Inode).readlink(), -EACCES);
  assertEquals((find("7/exe") as Inode).followMagic!(), -EACCES);
  assertEquals(read("7/stat").split(") ").pop()!.split(" ")[25], "0");
  inspect = true;
  const { uid, mode } = (find("7/environ") as Inode).stat();
  assertEquals([uid, mode], [1001, 0o100400]);
});

Deno.test("a process that has gone", () => {
  const ghost = { ...task(9), tgid: 9, threads: [9] };
  tasks.set(9, ghost);
  const inode = find("9/stat") as Inode;
  const file = inode.open(0) as OpenFile;
  Object.assign(ghost, { exists: false });
  tasks.delete(9);
  assertEquals(file.read(new Uint8Array(10), 0, 10), -ESRCH);
  assertEquals(inode.open(0), -ESRCH);
  assertEquals(find("9/stat"), -ENOENT);
});

Deno.test("a file keeps its text until it is rewound", () => {
  let calls = 0;
  const file = new ProcFile(proc, 1, 0o444, { read: () => `text ${++calls}` }).open(0) as OpenFile;
  const buffer = new Uint8Array(4);
  const part = () => decoder.decode(buffer.slice(0, file.read(buffer, 0, 4)));
  assertEquals([part(), part(), part()], ["text", " 1", ""]);
  assertEquals(file.seek(0, 0), 0);
  assertEquals([part(), part()], ["text", " 2"]);
  assertEquals(file.seek(0, 2), -EINVAL);
});

Deno.test("comm and oom_score_adj can be written", () => {
  const write = (path: string, text: string) => {
    const bytes = encoder.encode(text);
    return open(path, 1).write(bytes, 0, bytes.length);
  };
  assertEquals(write("8/comm", "new name\n"), 9);
  assertEquals(tasks.get(8)!.comm, "new name");
  assertEquals(write("8/oom_score_adj", "500"), 3);
  assertEquals(read("8/oom_score_adj"), "500\n");
  assertEquals(write("8/oom_score_adj", "5000"), -EINVAL);
  assertEquals(write("sys/vm/swappiness", "30\n"), 3);
  assertEquals(read("sys/vm/swappiness"), "30\n");
  assertEquals(write("sys/vm/swappiness", "x\n"), -EINVAL);
});

Deno.test("files of the machine", () => {
  assertEquals(read("uptime"), "12.34 3.00\n");
  assertEquals(read("loadavg"), "0.50 0.25 1.00 1/3 9\n");
  assertEquals(read("filesystems"), "nodev\tproc\n\text4\n");
  const stat = read("stat");
  assert(stat.startsWith("cpu  100 0 200 300 0 0 0 0 0 0\ncpu0 100 "));
  assert(stat.includes("\nbtime 1000\n"));
  assert(
    /^MemTotal: {8}1048576 kB\nMemFree: {10}524288 kB\n/.test(read("meminfo")),
    read("meminfo").slice(0, 80),
  );
  assert(read("cpuinfo").includes("flags\t\t: fpu sse2"));
  assertEquals(read("sys/kernel/osrelease"), "6.1.0-denix\n");
  for (const { name, type } of (proc.root.list() as { name: string; type: number }[])) {
    if (type === 8) read(name);
  }
});

Deno.test("directories list what they find", () => {
  const walk = (inode: Inode, path: string) => {
    for (const { name, type, ino } of must(inode.list(), path)) {
      const inner = must(inode.lookup(name), `${path}/${name}`);
      assertEquals(inner.mode >> 12, type, `${path}/${name}`);
      assertEquals(inner.ino, ino, `${path}/${name}`);
      assertEquals(inner.stat().ino, ino);
      if (type === 4) walk(inner, `${path}/${name}`);
    }
  };
  walk(proc.root, "/proc");
});
