// How are segments wrapped as an executable file? A static ELF64 with nothing but program headers.

export interface Segment {
  address: number;
  /** May be shorter than `size`: the rest is zero. */
  bytes: Uint8Array;
  size: number;
  write: boolean;
  execute: boolean;
}

const PAGE = 4096, EHDR = 64, PHDR = 56;

export function makeElf(segments: readonly Segment[], entry: number): Uint8Array<ArrayBuffer> {
  let offset = PAGE;
  const offsets = segments.map((s) => {
    const at = offset;
    offset += Math.ceil(s.bytes.length / PAGE) * PAGE;
    return at;
  });
  const file = new Uint8Array(offset);
  const view = new DataView(file.buffer);
  const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  put(24, entry);
  put(32, EHDR);
  view.setUint16(52, EHDR, true);
  view.setUint16(54, PHDR, true);
  view.setUint16(56, segments.length, true);
  segments.forEach((s, i) => {
    const p = EHDR + PHDR * i;
    view.setUint32(p, 1, true); // PT_LOAD
    view.setUint32(p + 4, 4 | (s.write ? 2 : 0) | (s.execute ? 1 : 0), true);
    put(p + 8, offsets[i]);
    put(p + 16, s.address);
    put(p + 24, s.address);
    put(p + 32, s.bytes.length);
    put(p + 40, s.size);
    put(p + 48, PAGE);
    file.set(s.bytes, offsets[i]);
  });
  return file;
}
