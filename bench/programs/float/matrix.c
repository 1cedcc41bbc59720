// Product of two 96 × 96 matrices of doubles, N times, in the order that lets the compiler use SSE2.
#include "../bench.h"
#include <string.h>
enum { SIZE = 96 };
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
__attribute__((noinline, optimize("O3"))) static void multiply(void) {
  memset(c, 0, sizeof c);
  for (int i = 0; i < SIZE; i++)
    for (int k = 0; k < SIZE; k++)
      for (int j = 0; j < SIZE; j++) c[i][j] += a[i][k] * b[k][j];
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) a[i][j] = (i * 3 - j) / 97.0, b[i][j] = (i ^ j) / 131.0;
  double sum = 0;
  for (long i = 0; i < n; i++) {
    multiply();
    a[i % SIZE][0] = c[0][i % SIZE] / 1e3;
    sum = sum / 2 + c[i % SIZE][SIZE / 2];
  }
  bench_report(n);
  printf("%.9f\n", sum);
}
