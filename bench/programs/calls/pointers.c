// Calls through a table of function pointers, the next one chosen by the last result: N million.
#include "../bench.h"
typedef unsigned (*step)(unsigned);
static unsigned add(unsigned x) { return x + 0x9e3779b9u; }
static unsigned mix(unsigned x) { return x ^ x >> 15; }
static unsigned scale(unsigned x) { return x * 2654435761u; }
static unsigned turn(unsigned x) { return x << 7 | x >> 25; }
static const step table[] = {add, mix, scale, turn, scale, add, turn, mix};
int main(int argc, char **argv) {
  long n = bench_size(argc, argv) * 1000000;
  const step *volatile steps = table;
  unsigned x = 1;
  for (long i = 0; i < n; i++) x = steps[(x + (unsigned)i) & 7](x);
  bench_report(n);
  printf("%u\n", x);
}
