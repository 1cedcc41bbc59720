// SHA-256 (FIPS 180-4) of N KiB in portable C: 32-bit rotates and additions.
#include "../bench.h"
#include <stdint.h>
#include <string.h>

static uint32_t constants[64], state[8];

// The constants are the first bits of the fractional parts of cube roots of the first 64 primes, the initial state that
// of square roots of the first 8: the root of p, times 2^32, found by bisection in integers.
static uint32_t fraction(uint64_t p, int root) {
  uint64_t low = 0, high = 1ULL << 37;
  while (high - low > 1) {
    uint64_t middle = (low + high) / 2;
    unsigned __int128 power = middle, target = p;
    for (int i = 1; i < root; i++) power *= middle;
    if (power <= target << (32 * root)) low = middle;
    else high = middle;
  }
  return (uint32_t)low;
}

static void prepare(void) {
  int found = 0;
  for (uint64_t p = 2; found < 64; p++) {
    int prime = 1;
    for (uint64_t d = 2; d * d <= p; d++) if (p % d == 0) prime = 0;
    if (!prime) continue;
    if (found < 8) state[found] = fraction(p, 2);
    constants[found++] = fraction(p, 3);
  }
}

static inline uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

static void compress(const unsigned char *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) {
    uint32_t word;
    memcpy(&word, block + 4 * i, 4);
    w[i] = __builtin_bswap32(word);
  }
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
           (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t e = s[4], a = s[0];
    uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & s[5]) ^ (~e & s[6])) +
                  constants[i] + w[i];
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  unsigned char data[1024], last[64] = {0x80};
  for (int i = 0; i < 1024; i++) data[i] = (unsigned char)(i * 7);
  prepare();
  for (long i = 0; i < n; i++)
    for (int at = 0; at < 1024; at += 64) compress(data + at);
  uint64_t bits = __builtin_bswap64((uint64_t)n * 8192);
  memcpy(last + 56, &bits, 8);
  compress(last);
  bench_report(n);
  for (int i = 0; i < 8; i++) printf("%08x", state[i]);
  puts("");
}
