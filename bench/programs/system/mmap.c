// mmap of 64 pages, one write to each, munmap: N times; the time is that of a page.
#include "../bench.h"
#include <sys/mman.h>
enum { PAGES = 64 };
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), sum = 0;
  for (long i = 0; i < n; i++) {
    char *memory = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return perror("mmap"), 1;
    for (int page = 0; page < PAGES; page++) sum += ++memory[page * 4096];
    munmap(memory, PAGES * 4096);
  }
  bench_report(n * PAGES);
  printf("%ld\n", sum);
}
