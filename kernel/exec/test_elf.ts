// Makes small ELF files, for tests of loading.

export interface TestSegment {
  vaddr: number;
  flags: number;
  /** Bytes of the file, which lie at an offset congruent to `vaddr`. */
  data: Uint8Array;
  memsz?: number;
  align?: number;
}

export interface TestElf {
  type?: number;
  machine?: number;
  entry?: number;
  interpreter?: string;
  /** Flags of PT_GNU_STACK. */
  stack?: number;
  segments: TestSegment[];
}

/** The file's bytes. Headers lie at the start; each segment's data follows at the next fitting offset. */
export function makeElf(what: TestElf): Uint8Array<ArrayBuffer> {
  const extra = (what.interpreter === undefined ? 0 : 1) + (what.stack === undefined ? 0 : 1);
  const phnum = what.segments.length + extra;
  let size = 64 + 56 * phnum;
  const interpreterAt = size;
  if (what.interpreter !== undefined) size += what.interpreter.length + 1;
  const offsets = what.segments.map((segment) => {
    // The first byte may lie in the headers' page: offset and address agree in their low 12 bits.
    let offset = size - size % 4096 + segment.vaddr % 4096;
    if (offset < size) offset += 4096;
    size = offset + segment.data.length;
    return offset;
  });
  const bytes = new Uint8Array(size), view = new DataView(bytes.buffer);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, what.type ?? 2, true);
  view.setUint16(18, what.machine ?? 62, true);
  view.setUint32(20, 1, true);
  u64(24, what.entry ?? what.segments[0]?.vaddr ?? 0);
  u64(32, 64);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, phnum, true);
  let at = 64;
  const header = (
    type: number,
    flags: number,
    offset: number,
    vaddr: number,
    filesz: number,
    memsz: number,
    align: number,
  ) => {
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    u64(at + 8, offset);
    u64(at + 16, vaddr);
    u64(at + 24, vaddr);
    u64(at + 32, filesz);
    u64(at + 40, memsz);
    u64(at + 48, align);
    at += 56;
  };
  if (what.interpreter !== undefined) {
    const name = new TextEncoder().encode(what.interpreter + "\0");
    bytes.set(name, interpreterAt);
    header(3, 4, interpreterAt, 0, name.length, name.length, 1);
  }
  what.segments.forEach((segment, i) => {
    bytes.set(segment.data, offsets[i]);
    const { length } = segment.data;
    header(
      1,
      segment.flags,
      offsets[i],
      segment.vaddr,
      length,
      segment.memsz ?? length,
      segment.align ?? 4096,
    );
  });
  if (what.stack !== undefined) header(0x6474_e551, what.stack, 0, 0, 0, 0, 16);
  return bytes;
}
