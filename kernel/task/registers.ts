// The state of a guest CPU as text, for error reports.

import { FS_BASE, RIP } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import type { Task } from "./task.ts";

const NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip".split(" ");

function hex(c: number, slot: number): string {
  const high = (I32[c + 2 * slot + 1] >>> 0).toString(16).padStart(8, "0");
  return high + (I32[c + 2 * slot] >>> 0).toString(16).padStart(8, "0");
}

/** Registers, four to a line, with a newline at the end of each. */
export function describeRegisters(task: Task): string {
  const c = task.cpu;
  let text = "";
  for (let slot = 0; slot <= RIP; slot++) {
    text += `${NAMES[slot].padStart(4)} ${hex(c, slot)}${slot % 4 === 3 ? "\n" : " "}`;
  }
  return `${text}fs_base ${hex(c, FS_BASE)}\n`;
}
