// PAGES N: reads of one word in each of so many pages, in turn, N thousand of them: what the working set costs.
#include "../bench.h"
#include <string.h>
int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t pages = (size_t)atol(argv[1]);
  // Another line of each page, so that the CPU's cache holds them evenly.
  char *memory = malloc(pages * 4096);
  memset(memory, 1, pages * 4096);
  long n = bench_size(argc, argv) * 1000, sum = 0;
  bench_restart();
  for (long i = 0, page = 0; i < n; i++) {
    sum += memory[page * 4096 + (page & 63) * 64];
    if (++page == (long)pages) page = 0;
  }
  bench_report(n);
  printf("%ld\n", sum);
}
