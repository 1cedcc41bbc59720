// How does an ELF64 file become an address space? (System V ABI, x86-64 supplement; Linux's fs/binfmt_elf.c decides where they are silent.)
//
// Only headers are read; segments are mapped and paged in on demand.

import type { Inode } from "../../fs/vfs/inode.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { EINVAL, ENOEXEC } from "../abi/errno.ts";
import { frames } from "../mm/frames.ts";
import { PIE_BASE, TASK_SIZE } from "../mm/layout.ts";
import type { Mm } from "../mm/mm.ts";
import {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  pageAlign,
} from "../mm/mmap.ts";
import { EFAULT_SENTINEL, UserMemory } from "../mm/user_memory.ts";
import { PROT_EXEC, PROT_READ, PROT_WRITE } from "../mm/vma.ts";

const PAGE = 4096;
const TWO_32 = 0x1_0000_0000;
export const ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62;
const PT_LOAD = 1, PT_INTERP = 3, PT_PHDR = 6, PT_GNU_STACK = 0x6474_e551;
const PF_X = 1, PF_W = 2, PF_R = 4;
const EHDR_BYTES = 64, PHDR_BYTES = 56;

interface Segment {
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
}

export interface ElfHeaders {
  readonly type: number;
  readonly entry: number;
  readonly phoff: number;
  readonly phnum: number;
  readonly loads: readonly Segment[];
  /** Address that PT_PHDR gives, or undefined. */
  readonly phdrAddress: number | undefined;
  readonly interpreter: string | undefined;
  readonly executableStack: boolean;
}

/** The first bytes of a file, at most a page. They come from its page cache, where they will be needed anyway. */
export function fileHead(inode: Inode): Uint8Array<ArrayBuffer> | number {
  const head = new Uint8Array(PAGE);
  const frame = inode.mapPage(0, false);
  if (frame > 0) {
    const size = Math.min(PAGE, inode.size);
    head.set(frames.bytes.subarray(frame * PAGE, frame * PAGE + size));
    frames.release(frame);
    return head.subarray(0, size);
  }
  const count = inode.readAt(0, head, 0, PAGE);
  return count < 0 ? count : head.subarray(0, count);
}

/** Bytes of the file, from `head` where they lie there; undefined when it is too short. */
function bytesAt(inode: Inode, head: Uint8Array, offset: number, length: number): Uint8Array | undefined {
  if (offset + length <= head.length) return head.subarray(offset, offset + length);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const count = inode.readAt(offset + done, bytes, done, length - done);
    if (count <= 0) return undefined;
    done += count;
  }
  return bytes;
}

/** Reads the headers of an x86-64 ELF file; -ENOEXEC for anything else. */
export function readElf(inode: Inode, head: Uint8Array): ElfHeaders | number {
  if (
    head.length < EHDR_BYTES || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46
  ) {
    return -ENOEXEC;
  }
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const type = view.getUint16(16, true), phnum = view.getUint16(56, true);
  if (type !== ET_EXEC && type !== ET_DYN || view.getUint16(18, true) !== EM_X86_64) return -ENOEXEC;
  if (view.getUint16(54, true) !== PHDR_BYTES || phnum === 0 || phnum > 65536 / PHDR_BYTES) return -ENOEXEC;
  const phoff = u64(view, 32);
  const table = bytesAt(inode, head, phoff, phnum * PHDR_BYTES);
  if (table === undefined) return -ENOEXEC;
  const phdrs = new DataView(table.buffer, table.byteOffset, table.length);
  const loads: Segment[] = [];
  let interpreter: string | undefined, phdrAddress: number | undefined, executableStack = false;
  for (let at = 0; at < table.length; at += PHDR_BYTES) {
    const flags = phdrs.getUint32(at + 4, true);
    const segment: Segment = {
      flags,
      offset: u64(phdrs, at + 8),
      vaddr: u64(phdrs, at + 16),
      filesz: u64(phdrs, at + 32),
      memsz: u64(phdrs, at + 40),
      align: u64(phdrs, at + 48),
    };
    switch (phdrs.getUint32(at, true)) {
      case PT_LOAD:
        loads.push(segment);
        break;
      case PT_INTERP: {
        if (interpreter !== undefined) break;
        if (segment.filesz > 4096 || segment.filesz < 2) return -ENOEXEC;
        const name = bytesAt(inode, head, segment.offset, segment.filesz);
        if (name === undefined || name[name.length - 1] !== 0) return -ENOEXEC;
        interpreter = new TextDecoder().decode(name.slice(0, name.indexOf(0)));
        break;
      }
      case PT_PHDR:
        phdrAddress = segment.vaddr;
        break;
      case PT_GNU_STACK:
        executableStack = (flags & PF_X) !== 0;
        break;
    }
  }
  return { type, entry: u64(view, 24), phoff, phnum, loads, phdrAddress, interpreter, executableStack };
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);
}

export interface LoadedImage {
  /** What was added to the addresses in the file. */
  readonly bias: number;
  readonly entry: number;
  /** Address of the program headers in memory. */
  readonly phdr: number;
  /** Lowest address that is mapped. */
  readonly base: number;
  readonly startCode: number;
  readonly endCode: number;
  readonly startData: number;
  readonly endData: number;
  /** End of the last segment with its .bss. */
  readonly end: number;
}

/** Maps the image. Position-independent ones go to the program's base, or (the interpreter) where mmap puts them. */
export function loadElf(
  mm: Mm,
  elf: ElfHeaders,
  file: OpenFile,
  role: "program" | "interpreter",
): LoadedImage | number {
  const { loads } = elf;
  if (loads.length === 0) return role === "program" ? -ENOEXEC : -EINVAL;
  const lowest = Math.min(...loads.map((s) => s.vaddr));
  const highest = Math.max(...loads.map((s) => s.vaddr + s.memsz));
  if (highest > TASK_SIZE || loads.some((s) => s.filesz > s.memsz || s.memsz > TASK_SIZE)) return -EINVAL;
  const first = floor(lowest), span = pageAlign(highest - first);
  let bias = 0;
  if (elf.type === ET_DYN) {
    const base = role === "program" ? alignedBase(loads) : placeInterpreter(mm, elf, file, span);
    if (base < 0) return base;
    bias = base - first;
  }
  let phdr = elf.phdrAddress === undefined ? 0 : elf.phdrAddress + bias;
  let startCode = Infinity, endCode = 0, startData = 0, endData = 0;
  for (const segment of loads) {
    const error = mapSegment(mm, segment, bias, file, elf.type === ET_EXEC);
    if (error < 0) return error;
    const start = segment.vaddr + bias, end = start + segment.filesz;
    if (
      phdr === 0 && segment.offset <= elf.phoff && elf.phoff < segment.offset + segment.filesz
    ) phdr = elf.phoff - segment.offset + start;
    if ((segment.flags & PF_X) !== 0) {
      startCode = Math.min(startCode, start);
      endCode = Math.max(endCode, end);
    }
    startData = Math.max(startData, start);
    endData = Math.max(endData, end);
  }
  return {
    bias,
    entry: elf.entry + bias,
    phdr,
    base: first + bias,
    startCode: startCode === Infinity ? first + bias : startCode,
    endCode,
    startData,
    endData,
    end: highest + bias,
  };
}

function floor(address: number): number {
  return address - address % PAGE;
}

/** The usual base, lowered to the largest alignment that a segment asks for (a power of two). */
function alignedBase(loads: readonly Segment[]): number {
  let align = PAGE;
  for (const { align: wanted } of loads) {
    if (wanted > align && wanted < 2 ** 40 && Number.isInteger(Math.log2(wanted))) align = wanted;
  }
  return PIE_BASE - PIE_BASE % align;
}

/** Finds room for the whole interpreter: mapping its file without an address gives it the library's address. */
function placeInterpreter(mm: Mm, elf: ElfHeaders, file: OpenFile, span: number): number {
  const first = elf.loads[0];
  const probe = mm.mmap(0, span, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE, file, floor(first.offset));
  if (probe >= 0) mm.munmap(probe, span);
  return probe;
}

function protOf(flags: number): number {
  return ((flags & PF_R) !== 0 ? PROT_READ : 0) | ((flags & PF_W) !== 0 ? PROT_WRITE : 0) |
    ((flags & PF_X) !== 0 ? PROT_EXEC : 0);
}

/** One PT_LOAD: the pages of the file, then zeros. */
function mapSegment(mm: Mm, segment: Segment, bias: number, file: OpenFile, exclusive: boolean): number {
  if (segment.memsz === 0) return 0;
  const address = segment.vaddr + bias, prot = protOf(segment.flags);
  const start = floor(address), within = address - start;
  const fileEnd = address + segment.filesz, end = pageAlign(address + segment.memsz);
  let filled = start;
  if (segment.filesz > 0) {
    const offset = segment.offset - within;
    if (offset % PAGE !== 0 || offset < 0) return -EINVAL;
    // Segments of one image may share a page: the later one wins there, as on Linux. Other mappings may not be hit.
    const fixed = exclusive && !mm.vmas.intersects(start, start + PAGE) ? MAP_FIXED_NOREPLACE : MAP_FIXED;
    const result = mm.mmap(start, within + segment.filesz, prot, MAP_PRIVATE | fixed, file, offset);
    if (result < 0) return result;
    filled = pageAlign(fileEnd);
    if (segment.memsz > segment.filesz && filled > fileEnd) zero(mm, fileEnd, filled - fileEnd, prot);
  }
  if (end <= filled) return 0;
  const result = mm.mmap(filled, end - filled, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, undefined, 0);
  return result < 0 ? result : 0;
}

/** The rest of the last page of file data belongs to .bss. Not writable: it stays as the file has it, as on Linux. */
function zero(mm: Mm, address: number, length: number, prot: number): void {
  if ((prot & PROT_WRITE) === 0) return;
  try {
    new UserMemory(mm).fill(address, 0, length);
  } catch (error) {
    // Past the end of a truncated file: the program will find out.
    if (error !== EFAULT_SENTINEL) throw error;
  }
}
