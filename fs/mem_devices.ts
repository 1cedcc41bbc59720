// The devices of major number 1: null, zero, full, random, urandom, kmsg.

import { EINVAL, ENODEV, ENOMEM, ENOSPC, ENXIO } from "../kernel/abi/errno.ts";
import {
  MEM_FULL,
  MEM_KMSG,
  MEM_MAJOR,
  MEM_NULL,
  MEM_RANDOM,
  MEM_URANDOM,
  MEM_ZERO,
} from "../kernel/abi/device.ts";
import type { CharDevices } from "./devices.ts";
import { fillRandom } from "./random.ts";
import { type AttributeChanges, type Attributes, type FileSystem, Inode } from "./vfs/inode.ts";
import { type IoctlCaller, OpenFile } from "./vfs/open_file.ts";
import type { PageSource } from "./vfs/pages.ts";

const RNDGETENTCNT = 0x80045200, RNDADDTOENTCNT = 0x40045201, RNDRESEEDCRNG = 0x5207;
const ENTROPY_BITS = 256;

export function registerMemDevices(devices: CharDevices, pages: PageSource): void {
  devices.register(MEM_MAJOR, undefined, "mem", (inode, flags, _major, minor) => {
    switch (minor) {
      case MEM_NULL:
        return new NullFile(inode, flags);
      case MEM_ZERO:
        return new ZeroFile(inode, flags, pages);
      case MEM_FULL:
        return new FullFile(inode, flags);
      case MEM_RANDOM:
      case MEM_URANDOM:
        return new RandomFile(inode, flags);
      case MEM_KMSG:
        return new LogFile(inode, flags);
    }
    return -ENXIO;
  });
}

/** What they have in common: writes vanish, positions mean nothing, the offset stays where it was. */
class MemFile extends OpenFile {
  readonly inode: Inode;

  constructor(inode: Inode, flags: number) {
    super(flags);
    this.inode = inode;
  }
  override label(): string {
    return "/dev/mem";
  }
  override read(buffer: Uint8Array, offset: number, length: number): number {
    return this.readAt(0, buffer, offset, length);
  }
  override write(buffer: Uint8Array, offset: number, length: number): number {
    return this.writeAt(0, buffer, offset, length);
  }
  override writeAt(_position: number, _buffer: Uint8Array, _offset: number, length: number): number {
    return length;
  }
  override seek(_offset: number, _whence: number): number {
    return this.position = 0;
  }
}

class NullFile extends MemFile {
  override get discards(): boolean {
    return true;
  }
  override readAt(): number {
    return 0;
  }
}

class ZeroFile extends MemFile {
  override readonly inode: ZeroInode;
  readonly #pages: PageSource;

  constructor(node: Inode, flags: number, pages: PageSource) {
    super(node, flags);
    this.#pages = pages;
    this.inode = new ZeroInode(node, pages);
  }
  override get inMemory(): boolean {
    return true;
  }
  override get discards(): boolean {
    return true;
  }
  override readAt(_position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (buffer === this.#pages.bytes) this.#pages.clear(offset, length);
    else buffer.fill(0, offset, offset + length);
    return length;
  }
  override mappable(): number {
    return 0;
  }
  override close(): void {
    this.inode.dispose();
  }
}

class FullFile extends MemFile {
  override readAt(_position: number, buffer: Uint8Array, offset: number, length: number): number {
    buffer.fill(0, offset, offset + length);
    return length;
  }
  override writeAt(_position: number, _buffer: Uint8Array, _offset: number, length: number): number {
    return length === 0 ? 0 : -ENOSPC;
  }
}

class RandomFile extends MemFile {
  override readAt(_position: number, buffer: Uint8Array, offset: number, length: number): number {
    fillRandom(buffer, offset, length);
    return length;
  }
  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    switch (command >>> 0) {
      case RNDGETENTCNT:
        caller.write(argument, new Uint8Array(Uint32Array.of(ENTROPY_BITS).buffer));
        return 0;
      case RNDADDTOENTCNT:
      case RNDRESEEDCRNG:
        return 0;
    }
    return -EINVAL;
  }
}

/** The kernel log, which stays empty. */
class LogFile extends MemFile {
  override readAt(): number {
    return 0;
  }
}

/** The node of /dev/zero as an open file shows it: mappings of it are fresh zero pages, shared by who shares the mapping. */
class ZeroInode extends Inode {
  readonly #node: Inode;
  readonly #pages: PageSource;
  readonly #frames = new Map<number, number>();

  constructor(node: Inode, pages: PageSource) {
    super();
    this.#node = node;
    this.#pages = pages;
  }
  get fs(): FileSystem {
    return this.#node.fs;
  }
  get ino(): number {
    return this.#node.ino;
  }
  get mode(): number {
    return this.#node.mode;
  }
  override stat(): Attributes {
    return this.#node.stat();
  }
  override setattr(changes: AttributeChanges): number {
    return this.#node.setattr(changes);
  }
  override mapPage(index: number, _forWrite: boolean): number {
    if (index < 0) return -ENODEV;
    let frame = this.#frames.get(index);
    if (frame === undefined) {
      frame = this.#pages.allocate();
      if (frame === 0) return -ENOMEM;
      this.#frames.set(index, frame);
    }
    this.#pages.retain(frame);
    return frame;
  }
  dispose(): void {
    for (const frame of this.#frames.values()) this.#pages.release(frame);
    this.#frames.clear();
  }
}
