// An address space as /proc shows it: areas with names, sums, and its bytes.

import type { ProcArea, ProcMemory } from "../../fs/procfs/source.ts";
import type { Vfs } from "../../fs/vfs/vfs.ts";
import type { Path } from "../../fs/vfs/path.ts";
import { READ, WRITE } from "../../translator/env.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { EIO } from "../abi/errno.ts";
import { frames } from "../mm/frames.ts";
import type { Mm } from "../mm/mm.ts";
import { PTE_ANON, PTE_FLAGS } from "../mm/page_table.ts";
import { PROT_EXEC, PROT_READ, PROT_WRITE, VM_GROWSDOWN, type Vma } from "../mm/vma.ts";

const PAGE = 4096;

export class MemoryView implements ProcMemory {
  readonly #mm: Mm;
  readonly #vfs: Vfs;
  /** Paths are told as this root sees them. */
  readonly #root: Path;

  constructor(mm: Mm, vfs: Vfs, root: Path) {
    this.#mm = mm;
    this.#vfs = vfs;
    this.#root = root;
  }

  areas(): readonly ProcArea[] {
    return this.#mm.vmas.list.map((vma) => this.#area(vma));
  }

  get totals(): ProcMemory["totals"] {
    const mm = this.#mm;
    const code = Math.max(0, mm.endCode - mm.startCode);
    let executable = 0, tables = 0;
    for (const vma of mm.vmas.list) {
      if (vma.prot & PROT_EXEC && vma.file !== undefined) executable += vma.end - vma.start;
    }
    mm.table.forEachTable(() => tables++);
    return {
      virtual: mm.totalVm * PAGE,
      virtualPeak: mm.peakTotal * PAGE,
      resident: mm.rss * PAGE,
      residentPeak: mm.peakResident * PAGE,
      residentAnonymous: mm.rssAnon * PAGE,
      residentFile: mm.rssFile * PAGE,
      residentShared: mm.rssShmem * PAGE,
      locked: mm.lockedVm * PAGE,
      data: mm.dataVm * PAGE,
      stack: mm.stackVm * PAGE,
      code: Math.ceil(code / PAGE) * PAGE,
      libraries: Math.max(0, executable - Math.ceil(code / PAGE) * PAGE),
      pageTables: tables * PAGE,
    };
  }

  get codeStart(): number {
    return this.#mm.startCode;
  }
  get codeEnd(): number {
    return this.#mm.endCode;
  }
  get dataStart(): number {
    return this.#mm.startData;
  }
  get dataEnd(): number {
    return this.#mm.endData;
  }
  get brkStart(): number {
    return this.#mm.startBrk;
  }
  get stackStart(): number {
    return this.#mm.startStack;
  }
  get argStart(): number {
    return this.#mm.argStart;
  }
  get argEnd(): number {
    return this.#mm.argEnd;
  }
  get envStart(): number {
    return this.#mm.envStart;
  }
  get envEnd(): number {
    return this.#mm.envEnd;
  }
  get auxv(): Uint8Array {
    return this.#mm.auxv;
  }

  page(address: number): ReturnType<ProcMemory["page"]> {
    const vma = this.#mm.vmas.find(address);
    if (vma === undefined) return undefined;
    const entry = this.#mm.table.get(address);
    return {
      present: entry !== 0,
      anonymous: (entry & PTE_ANON) !== 0,
      shared: entry !== 0 && frames.count((entry & ~PTE_FLAGS) >>> 12) > 1,
    };
  }

  read(address: number, buffer: Uint8Array, offset: number, length: number): number {
    return this.#move(address, length, READ, (physical, at, count) => {
      buffer.set(U8.subarray(physical, physical + count), offset + at);
    });
  }

  write(address: number, buffer: Uint8Array, offset: number, length: number): number {
    return this.#move(address, length, WRITE, (physical, at, count) => {
      frames.touch(Math.floor(physical / PAGE));
      U8.set(buffer.subarray(offset + at, offset + at + count), physical);
    });
  }

  #move(
    address: number,
    length: number,
    access: typeof READ | typeof WRITE,
    part: (physical: number, at: number, count: number) => void,
  ): number {
    let done = 0;
    while (done < length) {
      const va = address + done, inPage = va % PAGE;
      const page = this.#mm.kernelPage(va, access);
      if (page < 0) return done > 0 ? done : -EIO;
      const count = Math.min(PAGE - inPage, length - done);
      part(page + inPage, done, count);
      done += count;
    }
    return done;
  }

  #area(vma: Vma): ProcArea {
    const { file } = vma;
    const place = file?.path;
    const attributes = file?.inode.stat();
    const mm = this.#mm;
    return {
      start: vma.start,
      end: vma.end,
      read: (vma.prot & PROT_READ) !== 0,
      write: (vma.prot & PROT_WRITE) !== 0,
      exec: (vma.prot & PROT_EXEC) !== 0,
      shared: vma.shared,
      offset: file === undefined ? 0 : vma.offset,
      dev: attributes?.dev ?? 0,
      ino: attributes?.ino ?? 0,
      name: file === undefined
        ? mm.areaName(vma)
        : place === undefined
        ? file.label()
        : this.#vfs.pathString(this.#root, place),
      growsDown: (vma.flags & VM_GROWSDOWN) !== 0,
      resident: () => resident(mm, vma),
    };
  }
}

/** Looks at the page-table entries that exist; big empty ranges cost nothing. */
function resident(mm: Mm, vma: Vma): { total: number; anonymous: number; shared: number; dirty: number } {
  let total = 0, anonymous = 0, shared = 0;
  mm.table.forEachLeaf(vma.start, vma.end, (slot, count) => {
    for (let i = 0; i < count; i++) {
      const entry = I32[slot + i];
      if (entry === 0) continue;
      total++;
      if (entry & PTE_ANON) anonymous++;
      if (frames.count((entry & ~PTE_FLAGS) >>> 12) > 1) shared++;
    }
  });
  const dirty = vma.shared && vma.prot & PROT_WRITE ? total : anonymous;
  return {
    total: total * PAGE,
    anonymous: anonymous * PAGE,
    shared: shared * PAGE,
    dirty: Math.min(dirty, total) * PAGE,
  };
}
