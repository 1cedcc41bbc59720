// The largest singular value of the matrix 1/((i+j)(i+j+1)/2+i+1) of 100 × 100, N power iterations: many divisions.
#include "../bench.h"
#include <math.h>
enum { SIZE = 100 };
static inline double element(int i, int j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }
static void apply(const double *from, double *to, int transposed) {
  for (int i = 0; i < SIZE; i++) {
    double sum = 0;
    for (int j = 0; j < SIZE; j++) sum += (transposed ? element(j, i) : element(i, j)) * from[j];
    to[i] = sum;
  }
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  double u[SIZE], v[SIZE], t[SIZE], uv = 0, vv = 0;
  for (int i = 0; i < SIZE; i++) u[i] = 1;
  for (long k = 0; k < n; k++) {
    apply(u, t, 0);
    apply(t, v, 1);
    apply(v, t, 0);
    apply(t, u, 1);
    // Kept near 1, so that any number of iterations is possible.
    double norm = 0;
    for (int i = 0; i < SIZE; i++) norm += u[i] * u[i];
    norm = sqrt(norm);
    for (int i = 0; i < SIZE; i++) u[i] /= norm;
  }
  apply(u, t, 0);
  apply(t, v, 1);
  for (int i = 0; i < SIZE; i++) uv += u[i] * v[i], vv += u[i] * u[i];
  bench_report(n);
  printf("%.9f\n", sqrt(uv / vv));
}
