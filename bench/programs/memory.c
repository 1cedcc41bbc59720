// Reading and writing memory in order: 8 MiB, TIMES times.
#include "clock.h"
#include <stdint.h>
#include <stdlib.h>
static uint32_t memory[2 << 20];
int main(int argc, char **argv) {
  uint32_t sum = 0;
  long long start = now_ns();
  for (long n = atol(argv[argc - 1]); n > 0; n--)
    for (int i = 0; i < 2 << 20; i++) sum += memory[i] = memory[i] * 3 + i;
  printf("%u\n%lld\n", sum, now_ns() - start);
}
