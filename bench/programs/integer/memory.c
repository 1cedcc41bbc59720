// 8 MiB of memory read and written in order, N times; not vectorised.
#include "../bench.h"
enum { WORDS = 2 << 20 };
static unsigned memory[WORDS];
__attribute__((noinline, optimize("no-tree-vectorize"))) static unsigned sweep(unsigned seed) {
  unsigned sum = 0;
  for (unsigned i = 0; i < WORDS; i++) sum += memory[i] = memory[i] * 3 + i + seed;
  return sum;
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  unsigned sum = 0;
  for (long i = 0; i < n; i++) sum ^= sweep((unsigned)i);
  bench_report(n);
  printf("%u\n", sum);
}
