// AES-128 in counter mode over 16 KiB, N times, eight blocks side by side: the loop of TLS libraries.
#pragma GCC target("aes,sse4.1")
#include "../bench.h"
#include <immintrin.h>
enum { BYTES = 16384, ROUNDS = 10 };
static unsigned char data[BYTES] __attribute__((aligned(16)));
static __m128i expand(__m128i key, __m128i assist) {
  assist = _mm_shuffle_epi32(assist, 0xff);
  for (int i = 0; i < 3; i++) key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  return _mm_xor_si128(key, assist);
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  __m128i key[ROUNDS + 1], counter = _mm_setr_epi32(1, 2, 3, 0), one = _mm_setr_epi32(0, 0, 0, 1);
  key[0] = _mm_setr_epi32(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
#define NEXT(i, r) key[i] = expand(key[i - 1], _mm_aeskeygenassist_si128(key[i - 1], r))
  NEXT(1, 1), NEXT(2, 2), NEXT(3, 4), NEXT(4, 8), NEXT(5, 16), NEXT(6, 32), NEXT(7, 64), NEXT(8, 128), NEXT(9, 27), NEXT(10, 54);
  for (long round = 0; round < n; round++) {
    for (int at = 0; at < BYTES; at += 128) {
      __m128i x[8];
      for (int i = 0; i < 8; i++) {
        x[i] = _mm_xor_si128(counter, key[0]);
        counter = _mm_add_epi32(counter, one);
      }
      for (int r = 1; r < ROUNDS; r++)
        for (int i = 0; i < 8; i++) x[i] = _mm_aesenc_si128(x[i], key[r]);
      for (int i = 0; i < 8; i++) {
        __m128i *p = (__m128i *)(data + at) + i;
        _mm_store_si128(p, _mm_xor_si128(_mm_load_si128(p), _mm_aesenclast_si128(x[i], key[ROUNDS])));
      }
    }
  }
  unsigned sum = 0;
  for (int i = 0; i < BYTES; i++) sum = sum * 31 + data[i];
  bench_report(n);
  printf("%08x\n", sum);
}
