// The signal frame on real guest memory: what a handler sees, and the way back.

import { assert, assertEquals } from "@std/assert";
import {
  FPU_CONTROL,
  FPU_REGS,
  FPU_TAG,
  MXCSR,
  R12,
  RAX,
  RDI,
  RDX,
  RIP,
  RSI,
  RSP,
  xmmSlot,
} from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { Mm } from "../mm/mm.ts";
import { UserMemory } from "../mm/user_memory.ts";
import { allocateCpu } from "../task/cpu_pool.ts";
import type { Task } from "../task/task.ts";
import { popSignalFrame, pushSignalFrame, SS_DISABLE } from "./frame.ts";
import { PendingSignals } from "./pending.ts";
import { SA_ONSTACK, SA_RESTORER, SA_SIGINFO, SIGSEGV, SIGUSR1 } from "./numbers.ts";
import { DEFAULT_ACTION, SignalHandlers } from "./handlers.ts";

const STACK = 0x7fff_0000_0000, STACK_BYTES = 0x10000, ALT = 0x7ffe_0000_0000;
const HANDLER = 0x40_1234, RESTORER = 0x40_5678;

function fakeTask(): Task {
  const mm = Mm.create() as Mm;
  for (const at of [STACK, ALT]) mm.mmap(at, STACK_BYTES, 3, 0x32, undefined, 0);
  let flags = 0x246;
  const executor = { readFlags: () => flags, writeFlags: (_c: number, value: number) => flags = value };
  const process = { tasks: new Set(), pending: new PendingSignals(), continueNotice: false };
  const task = {
    cpu: allocateCpu(),
    mm,
    memory: new UserMemory(mm),
    instance: { executor },
    process,
    pending: new PendingSignals(),
    handlers: new SignalHandlers(),
    altStack: { address: 0, size: 0, flags: SS_DISABLE },
    maskLow: 0,
    maskHigh: 0,
  } as unknown as Task;
  process.tasks.add(task);
  return task;
}

function set(task: Task, slot: number, value: number): void {
  I32[task.cpu + 2 * slot] = value;
  I32[task.cpu + 2 * slot + 1] = Math.floor(value / 2 ** 32);
}

function get(task: Task, slot: number): number {
  return I32[task.cpu + 2 * slot + 1] * 2 ** 32 + (I32[task.cpu + 2 * slot] >>> 0);
}

const action = { ...DEFAULT_ACTION, handler: HANDLER, flags: SA_RESTORER | SA_SIGINFO, restorer: RESTORER };
const info = { signo: SIGUSR1, code: 0, pid: 42, uid: 7 };

Deno.test("a handler is entered as by a call, with its three arguments, and sigreturn restores everything", () => {
  const task = fakeTask(), c = task.cpu, sp = STACK + 0x8000 + 4;
  set(task, RSP, sp);
  set(task, RIP, 0x1234_5678_9abc);
  set(task, R12, 0xdead);
  set(task, RAX, 99);
  for (let i = 0; i < 16; i++) I32[c + 2 * xmmSlot(i) + 3] = 1000 + i;
  I32[c + 2 * FPU_CONTROL] = 0x27f;
  I32[c + 2 * FPU_CONTROL + 1] = 5 << 11;
  I32[c + 2 * FPU_TAG] = 0x60;
  for (let i = 0; i < 8; i++) I32[c + 2 * (FPU_REGS + 2 * i)] = 70 + i;
  I32[c + 2 * MXCSR] = 0x1fa0;
  const before = I32.slice(c, c + 2 * xmmSlot(16));
  assert(pushSignalFrame(task, info, action, 0x55, 0x66));

  const frame = get(task, RSP);
  assertEquals(frame % 16, 8);
  assert(frame < sp - 128);
  assertEquals([RIP, RDI, RAX].map((slot) => get(task, slot)), [HANDLER, SIGUSR1, 0]);
  const { memory } = task;
  assertEquals(memory.readU64(frame), RESTORER);
  const siginfo = get(task, RSI), context = get(task, RDX);
  assertEquals([memory.readI32(siginfo), memory.readI32(siginfo + 16), memory.readI32(siginfo + 20)], [
    SIGUSR1,
    42,
    7,
  ]);
  // struct ucontext: gregs from 40 on, RSP is the 16th, RIP the 17th; the mask follows the 256 bytes of sigcontext.
  assertEquals(memory.readU64(context + 40 + 15 * 8), sp);
  assertEquals(memory.readU64(context + 40 + 16 * 8), 0x1234_5678_9abc);
  assertEquals([memory.readI32(context + 296), memory.readI32(context + 300)], [0x55, 0x66]);
  const fpstate = memory.readU64(context + 40 + 184);
  assertEquals(fpstate % 64, 0);
  assertEquals([memory.readU16(fpstate), memory.readI32(fpstate + 24)], [0x27f, 0x1fa0]);
  assertEquals(memory.readI32(fpstate + 32), 75); // ST(0) is physical register 5

  I32.fill(0, c, c + 2 * xmmSlot(16));
  set(task, RSP, frame + 8); // the handler has returned
  popSignalFrame(task);
  assertEquals(I32.slice(c, c + 2 * xmmSlot(16)), before);
  assertEquals([task.maskLow, task.maskHigh], [0x55, 0x66]);
});

Deno.test("SA_ONSTACK switches to the alternate stack, and a nested signal stays on it", () => {
  const task = fakeTask();
  task.altStack = { address: ALT, size: STACK_BYTES, flags: 0 };
  set(task, RSP, STACK + 0x8000);
  const onStack = { ...action, flags: action.flags | SA_ONSTACK };
  assert(pushSignalFrame(task, info, onStack, 0, 0));
  const first = get(task, RSP);
  assert(first > ALT && first < ALT + STACK_BYTES);
  assert(pushSignalFrame(task, info, onStack, 0, 0));
  assert(get(task, RSP) < first - 128);
});

Deno.test("a frame that does not fit is not pushed", () => {
  const task = fakeTask();
  set(task, RSP, STACK + 0x100);
  assertEquals(pushSignalFrame(task, info, action, 0, 0), false);
  assertEquals(get(task, RSP), STACK + 0x100);
  assertEquals(pushSignalFrame(task, info, { ...action, flags: 0 }, 0, 0), false);
});

Deno.test("sigreturn from a bad frame means SIGSEGV", () => {
  const task = fakeTask();
  set(task, RSP, 0x1000);
  popSignalFrame(task);
  assertEquals(task.pending.has(SIGSEGV), true);
});
