// 64-bit mixing as hash functions do it: multiply, 128-bit product, shifts, a data-dependent branch.
#include "../bench.h"
#include <stdint.h>
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  uint64_t x = 88172645463325252ULL, sum = 0;
  for (long i = 0; i < n; i++) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    unsigned __int128 product = (unsigned __int128)x * (sum | 0x9e3779b97f4a7c15ULL);
    sum += (uint64_t)(product >> 64) ^ (uint64_t)product;
    if (sum & 1) x += (uint64_t)i;
  }
  bench_report(n);
  printf("%016llx\n", (unsigned long long)sum);
}
