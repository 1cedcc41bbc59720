// Ways to place ten queens, N times: recursion on bit sets.
#include "../bench.h"
static long place(unsigned all, unsigned columns, unsigned left, unsigned right) {
  if (columns == all) return 1;
  long ways = 0;
  for (unsigned free = all & ~(columns | left | right); free; free &= free - 1) {
    unsigned bit = free & -free;
    ways += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return ways;
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), ways = 0;
  volatile unsigned all = (1u << 10) - 1;
  for (long i = 0; i < n; i++) ways += place(all, 0, 0, 0);
  bench_report(n);
  printf("%ld\n", ways);
}
