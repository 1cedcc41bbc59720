// Integer arithmetic of the kind hashes and generators do: 64-bit multiply, shifts, a branch, a table.
#include "clock.h"
#include <stdint.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  uint64_t x = 88172645463325252ULL, sum = 0;
  unsigned table[256] = {0};
  long long start = now_ns();
  for (long i = atol(argv[argc - 1]); i > 0; i--) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    table[x & 255]++;
    sum += x * 0x9e3779b97f4a7c15ULL;
    if (sum & 1) sum ^= table[sum & 255];
  }
  printf("%llu\n%lld\n", (unsigned long long)sum, now_ns() - start);
}
