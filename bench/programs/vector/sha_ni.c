// SHA-256 with the SHA instructions over 4 KiB, N times.
#pragma GCC target("sha,sse4.1,ssse3")
#include "../bench.h"
#include <immintrin.h>
#include <stdint.h>
static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
enum { BYTES = 4096 };
static unsigned char data[BYTES] __attribute__((aligned(16)));
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  for (int i = 0; i < BYTES; i++) data[i] = i * 7;
  const __m128i swap = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  __m128i abef = _mm_set_epi32(0x6a09e667, 0xbb67ae85, 0x510e527f, 0x9b05688c);
  __m128i cdgh = _mm_set_epi32(0x3c6ef372, 0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
  for (long round = 0; round < n; round++) {
    for (int at = 0; at < BYTES; at += 64) {
      __m128i w[4], a = abef, c = cdgh;
      for (int i = 0; i < 4; i++) w[i] = _mm_shuffle_epi8(_mm_load_si128((__m128i *)(data + at) + i), swap);
      for (int i = 0; i < 16; i++) {
        __m128i x = _mm_add_epi32(w[i & 3], _mm_load_si128((const __m128i *)K + i));
        c = _mm_sha256rnds2_epu32(c, a, x);
        a = _mm_sha256rnds2_epu32(a, c, _mm_shuffle_epi32(x, 0x0e));
        __m128i t = _mm_sha256msg1_epu32(w[i & 3], w[i + 1 & 3]);
        t = _mm_add_epi32(t, _mm_alignr_epi8(w[i + 3 & 3], w[i + 2 & 3], 4));
        w[i & 3] = _mm_sha256msg2_epu32(t, w[i + 3 & 3]);
      }
      abef = _mm_add_epi32(abef, a), cdgh = _mm_add_epi32(cdgh, c);
    }
  }
  uint32_t out[8];
  _mm_storeu_si128((__m128i *)out, abef), _mm_storeu_si128((__m128i *)(out + 4), cdgh);
  bench_report(n);
  for (int i = 0; i < 8; i++) printf("%08x", out[i]);
  printf("\n");
}
