// Deep recursion: 40,000 frames of about 100 bytes, down and up, N times.
#include "../bench.h"
__attribute__((noinline)) static long descend(long depth, volatile long *above) {
  volatile long here[8];
  here[depth & 7] = depth;
  if (depth == 0) return *above;
  return descend(depth - 1, &here[depth & 7]) + here[depth & 7] % 7;
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), sum = 0;
  volatile long first = 1;
  for (long i = 0; i < n; i++) sum += descend(40000, &first);
  bench_report(n * 40000);
  printf("%ld\n", sum);
}
