// GHASH's loop over 16 KiB, N times: carry-less products and the reduction, as in GCM.
#pragma GCC target("pclmul,ssse3,sse4.1")
#include "../bench.h"
#include <immintrin.h>
enum { BYTES = 16384 };
static unsigned char data[BYTES] __attribute__((aligned(16)));
static __m128i multiply(__m128i a, __m128i b) {
  __m128i low = _mm_clmulepi64_si128(a, b, 0x00), high = _mm_clmulepi64_si128(a, b, 0x11);
  __m128i middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x10), _mm_clmulepi64_si128(a, b, 0x01));
  low = _mm_xor_si128(low, _mm_slli_si128(middle, 8)), high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
  // By x^128 + x^7 + x^2 + x + 1, bits in order of their place.
  const __m128i poly = _mm_set_epi64x(0, 0x87);
  __m128i t = _mm_clmulepi64_si128(high, poly, 0x01);
  high = _mm_xor_si128(high, _mm_srli_si128(t, 8)), low = _mm_xor_si128(low, _mm_slli_si128(t, 8));
  return _mm_xor_si128(low, _mm_clmulepi64_si128(high, poly, 0x00));
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  for (int i = 0; i < BYTES; i++) data[i] = i * 13 + 5;
  __m128i key = _mm_set_epi32(0x66e94bd4, 0xef8a2c3b, 0x884cfa59, 0xca342b2e), sum = _mm_setzero_si128();
  for (long round = 0; round < n; round++)
    for (int at = 0; at < BYTES; at += 16) sum = multiply(_mm_xor_si128(sum, _mm_load_si128((__m128i *)(data + at))), key);
  unsigned out[4];
  _mm_storeu_si128((__m128i *)out, sum);
  bench_report(n);
  printf("%08x%08x%08x%08x\n", out[3], out[2], out[1], out[0]);
}
