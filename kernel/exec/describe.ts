// What is a file that is no x86-64 Linux executable? In words, for somebody who tried to run it.

const MACHINES: Readonly<Record<number, string>> = {
  2: "SPARC",
  3: "i386",
  6: "i386",
  8: "MIPS",
  20: "PowerPC",
  21: "PowerPC64",
  22: "S/390",
  40: "arm",
  43: "SPARC V9",
  50: "IA-64",
  62: "x86-64",
  183: "arm64",
  243: "RISC-V",
  247: "BPF",
  258: "LoongArch",
};

/** Names the kind of file by its first bytes: "arm64 ELF", "Mach-O", "text without #!". */
export function describeExecutable(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  if (begins(bytes, 0x7f, 0x45, 0x4c, 0x46)) return describeElf(bytes);
  if (begins(bytes, 0x4d, 0x5a)) return isPe(bytes) ? "Windows PE" : "DOS executable";
  if (
    begins(bytes, 0xcf, 0xfa, 0xed, 0xfe) || begins(bytes, 0xce, 0xfa, 0xed, 0xfe) ||
    begins(bytes, 0xfe, 0xed, 0xfa, 0xcf) || begins(bytes, 0xfe, 0xed, 0xfa, 0xce)
  ) return "Mach-O";
  // Universal binaries share their magic with Java classes, which have a version above 44 where Mach-O counts few parts.
  if (begins(bytes, 0xca, 0xfe, 0xba, 0xbe)) return bytes[7] > 40 ? "Java class" : "Mach-O";
  if (begins(bytes, 0, 0x61, 0x73, 0x6d)) return "WebAssembly";
  if (begins(bytes, 0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e)) return "ar archive";
  if (begins(bytes, 0x50, 0x4b, 3, 4)) return "ZIP archive";
  if (begins(bytes, 0x1f, 0x8b)) return "gzip data";
  if (begins(bytes, 0x23, 0x21)) return "text with an unusable #! line";
  return isText(bytes) ? "text without #!" : "data of unknown kind";
}

function begins(bytes: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

function describeElf(bytes: Uint8Array): string {
  if (bytes.length < 52) return "truncated ELF";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[5] !== 2;
  const machine = view.getUint16(18, little), type = view.getUint16(16, little);
  const name = MACHINES[machine] ?? `ELF machine ${machine}`;
  if (machine === 62 && bytes[4] === 1) return "x32 ELF";
  if (machine !== 62) {
    const full = MACHINES[machine] === undefined ? name : `${name} ELF`;
    return little || machine === 2 || machine === 22 || machine === 43 ? full : `${full} (big endian)`;
  }
  if (type === 1) return "x86-64 ELF object file";
  if (type === 4) return "x86-64 ELF core dump";
  return "damaged x86-64 ELF";
}

function isPe(bytes: Uint8Array): boolean {
  if (bytes.length < 0x40) return false;
  const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0x3c, true);
  // Where the header lies beyond what is at hand, PE is by far the likelier.
  return at + 2 > bytes.length || (bytes[at] === 0x50 && bytes[at + 1] === 0x45);
}

function isText(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 512);
  return head.every((byte) => byte >= 0x20 && byte !== 0x7f || byte >= 9 && byte <= 13 || byte === 0x1b);
}
