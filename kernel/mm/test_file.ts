// A file made of frames, for the tests of mappings.

import type { Attributes, FileSystem } from "../../fs/vfs/inode.ts";
import { Inode } from "../../fs/vfs/inode.ts";
import { OpenFile } from "../../fs/vfs/open_file.ts";
import { ENXIO } from "../abi/errno.ts";
import { frames } from "./frames.ts";

let inodes = 0;

export class TestInode extends Inode {
  readonly fs = { name: "test", dev: 77 } as FileSystem;
  readonly ino: number = ++inodes;
  readonly mode: number = 0o100755;
  readonly pages: number[] = [];
  writeBacks = 0;
  dirty = 0;
  constructor(private readonly length: number, content: Uint8Array = new Uint8Array(0)) {
    super();
    for (let i = 0; i * 4096 < length; i++) {
      const frame = frames.allocate();
      frames.bytes.set(content.subarray(i * 4096, i * 4096 + 4096), frame * 4096);
      this.pages.push(frame);
    }
  }
  override get size(): number {
    return this.length;
  }
  stat(): Attributes {
    const time = { sec: 0, nsec: 0 };
    return {
      dev: 77,
      ino: this.ino,
      mode: this.mode,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: this.length,
      blksize: 4096,
      blocks: 8,
      atime: time,
      mtime: time,
      ctime: time,
      btime: time,
    };
  }
  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const n = Math.max(0, Math.min(length, this.length - position));
    for (let i = 0; i < n; i++) {
      const at = position + i;
      buffer[offset + i] = frames.bytes[this.pages[at >> 12] * 4096 + (at & 4095)];
    }
    return n;
  }
  override mapPage(index: number, forWrite: boolean): number {
    const frame = this.pages[index];
    if (frame === undefined) return -ENXIO;
    if (forWrite) this.dirty++;
    frames.retain(frame);
    return frame;
  }
  override writeBack(): number {
    this.writeBacks++;
    return 0;
  }
}

export class TestFile extends OpenFile {
  closed = false;
  constructor(readonly inode: TestInode, flags: number) {
    super(flags);
  }
  override mappable(): number {
    return 0;
  }
  override close(): void {
    this.closed = true;
  }
}
