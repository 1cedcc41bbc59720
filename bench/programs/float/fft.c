// A radix-2 fast Fourier transform of 1,024 points there and back, N times: strided access to doubles.
#include "../bench.h"
#include <math.h>
enum { LOG = 10, POINTS = 1 << LOG };
static double re[POINTS], im[POINTS], cosine[POINTS / 2], sine[POINTS / 2];
static void transform(double direction) {
  for (unsigned i = 0, j = 0; i < POINTS; i++) {
    if (i < j) {
      double t = re[i];
      re[i] = re[j], re[j] = t;
      t = im[i];
      im[i] = im[j], im[j] = t;
    }
    unsigned bit = POINTS >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (int half = 1; half < POINTS; half *= 2)
    for (int start = 0; start < POINTS; start += 2 * half)
      for (int k = 0; k < half; k++) {
        double wr = cosine[k * (POINTS / 2 / half)], wi = direction * sine[k * (POINTS / 2 / half)];
        int p = start + k, q = p + half;
        double r = re[q] * wr - im[q] * wi, i = re[q] * wi + im[q] * wr;
        re[q] = re[p] - r, im[q] = im[p] - i;
        re[p] += r, im[p] += i;
      }
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  for (int i = 0; i < POINTS / 2; i++) {
    cosine[i] = cos(2 * M_PI * i / POINTS);
    sine[i] = sin(2 * M_PI * i / POINTS);
  }
  for (int i = 0; i < POINTS; i++) re[i] = i % 17 - 8, im[i] = 0;
  for (long round = 0; round < n; round++) {
    transform(-1);
    transform(1);
    for (int i = 0; i < POINTS; i++) re[i] /= POINTS, im[i] /= POINTS;
  }
  bench_report(n);
  // The C library's sine may differ in the last bit between CPUs.
  printf("%.6f %.6f %.6f\n", re[3], re[500], re[1023]);
}
