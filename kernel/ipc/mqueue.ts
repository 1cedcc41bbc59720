// What is a POSIX message queue? Messages by priority behind a name, and one process that is told when the first one comes
// (man 7 mq_overview; Linux: ipc/mqueue.c). The system calls are in syscalls/mqueue.ts.

import { OpenFile, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../fs/vfs/open_file.ts";
import type { Attributes } from "../../fs/vfs/inode.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { sendSignal } from "../signal/send.ts";
import type { FdTable } from "../task/fd_table.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { AnonFs, AnonInode } from "./anon_inode.ts";
import { S_IFREG } from "./modes.ts";

export const MQUEUE_MAGIC = 0x19800202;
/** Size that stat shows: room for the text that read(2) gives. */
const FILE_BYTES = 80;
const SI_MESGQ = -3;
export const SIGEV_SIGNAL = 0, SIGEV_NONE = 1;

const mqueueFs = new AnonFs("mqueue", 0x1a, MQUEUE_MAGIC);

export interface Message {
  readonly priority: number;
  readonly data: Uint8Array;
}

/** Who asked mq_notify to be told. */
interface Registration {
  readonly process: Process;
  readonly files: FdTable;
  readonly notify: number;
  readonly signo: number;
  readonly value: number;
  readonly valueHigh: number;
}

export class MessageQueue extends AnonInode {
  /** Highest priority first, among equals the oldest. */
  readonly messages: Message[] = [];
  readonly waiters: WaitQueue = new WaitQueue();
  /** Receivers that wait: they get the next message, and nobody is notified of it. */
  receivers = 0;
  bytes = 0;
  registration: Registration | undefined;
  /** Open files, for poll. */
  readonly files: Set<MessageQueueFile> = new Set();
  linked = true;

  constructor(
    readonly name: string,
    mode: number,
    readonly maxMessages: number,
    readonly messageBytes: number,
  ) {
    super(mqueueFs, S_IFREG | mode);
  }

  override stat(): Attributes {
    return { ...super.stat(), size: FILE_BYTES, nlink: this.linked ? 1 : 0 };
  }

  get full(): boolean {
    return this.messages.length >= this.maxMessages;
  }

  put(message: Message, sender: Task): void {
    const { messages } = this;
    let at = messages.length;
    while (at > 0 && messages[at - 1]!.priority < message.priority) at--;
    messages.splice(at, 0, message);
    this.bytes += message.data.length;
    // Of the messages there, the first ones belong to those who wait already.
    if (messages.length === this.receivers + 1) this.#notify(sender);
    this.#changed(POLLIN | POLLRDNORM);
  }

  take(): Message {
    const message = this.messages.shift()!;
    this.bytes -= message.data.length;
    this.#changed(POLLOUT | POLLWRNORM);
    return message;
  }

  #changed(bits: number): void {
    this.waiters.wake();
    for (const file of this.files) file.queue.wake(bits);
  }

  /** A registration is good for one message. */
  #notify(sender: Task): void {
    const registration = this.registration;
    if (registration === undefined) return;
    this.registration = undefined;
    if (registration.notify !== SIGEV_SIGNAL || registration.signo === 0) return;
    sendSignal(registration.process, {
      signo: registration.signo,
      code: SI_MESGQ,
      pid: sender.process.pid,
      uid: sender.credentials.uid,
      value: registration.value,
      valueHigh: registration.valueHigh,
    });
  }
}

export class MessageQueueFile extends OpenFile {
  constructor(override readonly inode: MessageQueue, flags: number) {
    super(flags);
    inode.files.add(this);
  }

  override label(): string {
    return `/${this.inode.name}${this.inode.linked ? "" : " (deleted)"}`;
  }

  override get pollable(): boolean {
    return true;
  }

  override poll(): number {
    const { messages, full } = this.inode;
    return (messages.length > 0 ? POLLIN | POLLRDNORM : 0) | (full ? 0 : POLLOUT | POLLWRNORM);
  }

  /** The state as text. */
  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const { bytes, registration } = this.inode;
    const column = (name: string, value: number, width: number) => `${name}:${String(value).padEnd(width)}`;
    const text = [
      column("QSIZE", bytes, 10),
      column("NOTIFY", registration?.notify ?? 0, 5),
      column("SIGNO", registration?.notify === SIGEV_SIGNAL ? registration.signo : 0, 5),
      column("NOTIFY_PID", registration?.process.pid ?? 0, 6),
    ].join(" ");
    const part = new TextEncoder().encode(`${text}\n`).subarray(position, position + length);
    buffer.set(part, offset);
    return part.length;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const count = this.readAt(this.position, buffer, offset, length);
    this.position += count;
    return count;
  }

  /** A descriptor of `table` goes: who registered through that table is not told any more. */
  flush(table: FdTable): void {
    if (this.inode.registration?.files === table) this.inode.registration = undefined;
  }

  override close(): void {
    this.inode.files.delete(this);
  }
}
