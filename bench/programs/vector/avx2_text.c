// AVX2 as string functions use it: copies of 4 KiB, the length of a string of 4 KiB, and counting a byte, N times each.
#pragma GCC target("avx2,popcnt,bmi")
#include "../bench.h"
#include <immintrin.h>
enum { BYTES = 4096 };
static char from[BYTES + 64] __attribute__((aligned(64))), to[BYTES + 64] __attribute__((aligned(64)));
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), total = 0;
  for (int i = 0; i < BYTES; i++) from[i] = 1 + i % 101;
  const __m256i zero = _mm256_setzero_si256(), wanted = _mm256_set1_epi8(42);
  for (long round = 0; round < n; round++) {
    int shift = round & 15;
    for (int at = 0; at < BYTES; at += 128)
      for (int i = 0; i < 128; i += 32)
        _mm256_storeu_si256((__m256i *)(to + shift + at + i), _mm256_load_si256((const __m256i *)(from + at + i)));
    to[shift + BYTES - 1] = 0;
    const char *p = to + shift;
    for (;; p += 32) {
      unsigned found = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)p), zero));
      if (found) {
        total += p - to - shift + __builtin_ctz(found);
        break;
      }
    }
    for (int at = 0; at < BYTES; at += 32)
      total += __builtin_popcount(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_load_si256((const __m256i *)(from + at)), wanted)));
  }
  bench_report(n);
  printf("%ld\n", total);
}
