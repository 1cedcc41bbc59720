// What the last fault of a thread was: the err, trapno and cr2 of its signal frames (Linux keeps them per thread, too).

import type { Task } from "../task/task.ts";

export interface FaultRecord {
  vector: number;
  errorCode: number;
  address: number;
}

const records = new WeakMap<Task, FaultRecord>();

export function faultRecord(task: Task): FaultRecord | undefined {
  return records.get(task);
}

export function recordFault(task: Task, vector: number, errorCode: number, address: number): void {
  const record = records.get(task);
  if (record === undefined) records.set(task, { vector, errorCode, address });
  else {
    record.vector = vector;
    record.errorCode = errorCode;
    // CR2 keeps the address of the last page fault.
    if (vector === 14) record.address = address;
  }
}
