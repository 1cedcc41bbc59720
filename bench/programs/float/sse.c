// SSE2 intrinsics: packed floats, shuffles, comparisons and saturating integers over 4 KiB, N times.
#include "../bench.h"
#include <emmintrin.h>
enum { COUNT = 1024 };
static float data[COUNT] __attribute__((aligned(16)));
static short samples[COUNT * 2] __attribute__((aligned(16)));
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  for (int i = 0; i < COUNT; i++) data[i] = (float)(i % 37) / 8 - 2;
  for (int i = 0; i < COUNT * 2; i++) samples[i] = (short)(i * 97);
  __m128 sum = _mm_setzero_ps(), scale = _mm_set1_ps(0.75f), limit = _mm_set1_ps(1.5f);
  __m128i total = _mm_setzero_si128(), factor = _mm_set1_epi16(321);
  for (long round = 0; round < n; round++) {
    for (int i = 0; i < COUNT; i += 4) {
      __m128 x = _mm_load_ps(data + i), y = _mm_mul_ps(x, scale);
      __m128 above = _mm_cmpgt_ps(y, limit);
      y = _mm_or_ps(_mm_and_ps(above, limit), _mm_andnot_ps(above, y));
      sum = _mm_add_ps(_mm_mul_ps(sum, scale), _mm_shuffle_ps(y, y, 0x1b));
    }
    for (int i = 0; i < COUNT * 2; i += 8) {
      __m128i x = _mm_load_si128((const __m128i *)(samples + i)), y = _mm_mulhi_epi16(x, factor);
      y = _mm_subs_epi16(_mm_adds_epi16(x, y), _mm_srai_epi16(x, 2));
      total = _mm_add_epi32(total, _mm_madd_epi16(_mm_unpacklo_epi16(x, y), factor));
    }
  }
  float out[4];
  int words[4];
  _mm_storeu_ps(out, sum);
  _mm_storeu_si128((__m128i *)words, total);
  bench_report(n);
  printf("%.5f %.5f %.5f %.5f %d %d %d %d\n", out[0], out[1], out[2], out[3], words[0], words[1], words[2], words[3]);
}
