// Product of two 96 × 96 matrices of 32-bit integers, N times; not vectorised, so that it measures scalar code.
#include "../bench.h"
enum { SIZE = 96 };
static int a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
__attribute__((noinline, optimize("no-tree-vectorize"))) static void multiply(void) {
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) {
      int sum = 0;
      for (int k = 0; k < SIZE; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) a[i][j] = i * 3 - j, b[i][j] = i ^ j;
  unsigned sum = 0;
  for (long i = 0; i < n; i++) {
    multiply();
    a[i % SIZE][0] = c[0][i % SIZE];
    sum = sum * 31 + (unsigned)c[i % SIZE][SIZE / 2];
  }
  bench_report(n);
  printf("%u\n", sum);
}
