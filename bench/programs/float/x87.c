// long double: a logistic map and a sum of inverse squares in 80 bits.
#include "../bench.h"
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  long double x = 0.3L, sum = 0;
  for (long i = 1; i <= n; i++) {
    x = 3.75L * x * (1 - x);
    sum += x / ((long double)i * (long double)i);
  }
  bench_report(n);
  printf("%.18Lf %.18Lf\n", x, sum);
}
