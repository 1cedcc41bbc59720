// MIB N: fork of a process with so many MiB resident, and wait; each child writes one page.
#include "../bench.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t size = (size_t)atol(argv[1]) << 20;
  char *memory = malloc(size);
  memset(memory, 1, size);
  long n = bench_size(argc, argv), good = 0;
  for (long i = 0; i < n; i++) {
    int status = 1;
    if (fork() == 0) {
      memory[size / 2] = 2;
      _exit(0);
    }
    wait(&status);
    good += status == 0;
  }
  bench_report(n);
  printf("%ld %d\n", good, memory[size / 2]);
}
