// What has no counterpart in WebAssembly: gathers, masked moves, PEXT and PDEP, CRC32, PCMPISTRI, and fused multiply-add, over 4 KiB, N times.
#pragma GCC target("avx2,bmi2,sse4.2,fma")
#include "../bench.h"
#include <immintrin.h>
enum { WORDS = 1024 };
static int table[WORDS] __attribute__((aligned(32))), out[WORDS] __attribute__((aligned(32)));
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  unsigned long state = 88172645463325252, crc = 0, bits = 0, places = 0;
  for (int i = 0; i < WORDS; i++) table[i] = bench_random(&state) & 1023;
  const __m128i set = _mm_setr_epi8('a', 'z', 'A', 'Z', '0', '9', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i mask = _mm256_setr_epi32(-1, 0, -1, -1, 0, -1, -1, 0);
  __m256 sum = _mm256_setzero_ps(), scale = _mm256_set1_ps(0.5f);
  for (long round = 0; round < n; round++) {
    for (int i = 0; i < WORDS; i += 8) {
      __m256i index = _mm256_load_si256((const __m256i *)(table + i)), found = _mm256_i32gather_epi32(table, index, 4);
      _mm256_maskstore_epi32(out + i, mask, found);
      __m256 x = _mm256_cvtepi32_ps(_mm256_maskload_epi32(out + (i ^ 8), mask));
      sum = _mm256_fmadd_ps(sum, scale, x);
      unsigned long word = _mm256_extract_epi64(found, 0);
      crc = _mm_crc32_u64(crc, word);
      bits += _pdep_u64(_pext_u64(word, 0x0f0f00ff33335555), 0x00ff5555f0f03333);
      places += _mm_cmpistri(set, _mm256_castsi256_si128(found), _SIDD_CMP_RANGES);
    }
  }
  float floats[8];
  _mm256_storeu_ps(floats, sum);
  bench_report(n);
  printf("%lx %lx %lu %.3f %.3f %d\n", crc, bits, places, floats[0], floats[7], out[9]);
}
