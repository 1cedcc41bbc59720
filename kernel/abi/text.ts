// File names and other guest strings as JavaScript strings, without loss: bytes that are not UTF-8 become lone
// surrogates U+DC80 … U+DCFF (byte - 0x80), as Python's surrogateescape does, and turn back into the same bytes.

/** Bytes to string. */
export function decodeName(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let ascii = true;
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) {
      ascii = false;
      break;
    }
  }
  if (ascii) {
    if (end - start < 4096) {
      return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
    }
    let text = "";
    for (let i = start; i < end; i += 4096) {
      text += String.fromCharCode.apply(
        null,
        bytes.subarray(i, Math.min(end, i + 4096)) as unknown as number[],
      );
    }
    return text;
  }
  let text = "";
  for (let i = start; i < end;) {
    const length = sequenceLength(bytes, i, end);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + bytes[i++]!);
      continue;
    }
    const b = bytes[i]!;
    let code = length === 1 ? b : length === 2 ? b & 0x1f : length === 3 ? b & 0x0f : b & 0x07;
    for (let k = 1; k < length; k++) code = (code << 6) | (bytes[i + k]! & 0x3f);
    text += String.fromCodePoint(code);
    i += length;
  }
  return text;
}

/** Length of the well-formed UTF-8 sequence at `i`, 0 if there is none (overlong and surrogate forms are not). */
function sequenceLength(bytes: Uint8Array, i: number, end: number): number {
  const b = bytes[i]!;
  if (b < 0x80) return 1;
  const more = (k: number) => i + k < end && (bytes[i + k]! & 0xc0) === 0x80;
  if (b < 0xc2) return 0;
  if (b < 0xe0) return more(1) ? 2 : 0;
  const second = i + 1 < end ? bytes[i + 1]! : 0;
  if (b < 0xf0) {
    if (!more(1) || !more(2)) return 0;
    if (b === 0xe0 && second < 0xa0 || b === 0xed && second >= 0xa0) return 0;
    return 3;
  }
  if (b < 0xf5) {
    if (!more(1) || !more(2) || !more(3)) return 0;
    if (b === 0xf0 && second < 0x90 || b === 0xf4 && second >= 0x90) return 0;
    return 4;
  }
  return 0;
}

/** Bytes that `encodeName(text)` has. */
export function encodedLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) length++;
    else if (c < 0x800) length += 2;
    else if (c >= 0xd800 && c < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
      length += 4;
      i++;
    } else if (c >= 0xdc80 && c <= 0xdcff) length++;
    else length += 3;
  }
  return length;
}

/** String to bytes, the inverse of {@link decodeName}. */
export function encodeName(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(encodedLength(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if (c < 0x80) {
      bytes[at++] = c;
    } else if (c < 0x800) {
      bytes[at++] = 0xc0 | c >> 6;
      bytes[at++] = 0x80 | c & 0x3f;
    } else if (c >= 0xd800 && c < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
      c = 0x10000 + ((c - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
      bytes[at++] = 0xf0 | c >> 18;
      bytes[at++] = 0x80 | c >> 12 & 0x3f;
      bytes[at++] = 0x80 | c >> 6 & 0x3f;
      bytes[at++] = 0x80 | c & 0x3f;
    } else if (c >= 0xdc80 && c <= 0xdcff) {
      bytes[at++] = c - 0xdc00;
    } else {
      bytes[at++] = 0xe0 | c >> 12;
      bytes[at++] = 0x80 | c >> 6 & 0x3f;
      bytes[at++] = 0x80 | c & 0x3f;
    }
  }
  return bytes;
}

/** Whether the name has bytes that are not UTF-8. */
export function isEscaped(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xd800 && c < 0xdc00 && isLow(text.charCodeAt(i + 1))) i++;
    else if (c >= 0xd800 && c < 0xe000) return true;
  }
  return false;
}

function isLow(c: number): boolean {
  return c >= 0xdc00 && c < 0xe000;
}
