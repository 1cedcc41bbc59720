// qsort and bsearch of the C library, which call back for each comparison: 10,000 numbers, N times.
#include "../bench.h"
enum { COUNT = 10000 };
static int data[COUNT];
static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), sum = 0;
  unsigned long random = 88172645463325252UL;
  for (long round = 0; round < n; round++) {
    for (int i = 0; i < COUNT; i++) data[i] = (int)(bench_random(&random) >> 33);
    int wanted = data[round % COUNT];
    qsort(data, COUNT, sizeof *data, compare);
    sum += (int *)bsearch(&wanted, data, COUNT, sizeof *data, compare) - data;
  }
  bench_report(n);
  printf("%ld\n", sum);
}
