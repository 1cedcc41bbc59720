// Random bytes for /dev/urandom, getrandom(2) and AT_RANDOM. The host hands out 64 KiB at most at a time, and each call
// costs about a microsecond, so small requests are served from a pool.

const HOST_LIMIT = 65536;
const POOL_BYTES = 4096;

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;
const large = new Uint8Array(HOST_LIMIT);

/** Fills buffer[offset, offset + length). The buffer may be shared memory (the host refuses that itself). */
export function fillRandom(buffer: Uint8Array, offset: number, length: number): void {
  if (length <= POOL_BYTES / 4) {
    if (used + length > POOL_BYTES) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    buffer.set(pool.subarray(used, used + length), offset);
    // What was handed out is not kept.
    pool.fill(0, used, used + length);
    used += length;
    return;
  }
  for (let done = 0; done < length;) {
    const count = Math.min(HOST_LIMIT, length - done);
    const part = large.subarray(0, count);
    crypto.getRandomValues(part);
    buffer.set(part, offset + done);
    done += count;
  }
  large.fill(0, 0, Math.min(length, HOST_LIMIT));
}
