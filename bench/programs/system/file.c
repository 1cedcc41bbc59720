// OPERATION BYTES N: so many reads or writes of so many bytes at the start of a temporary file.
#include "../bench.h"
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int writing = strcmp(argv[1], "write") == 0;
  size_t size = (size_t)atol(argv[2]);
  char name[] = "/tmp/denix-bench-XXXXXX", *buffer = calloc(1, size);
  int file = mkstemp(name);
  unlink(name);
  if (file < 0 || pwrite(file, buffer, size, 0) != (ssize_t)size) return perror("temporary file"), 1;
  long n = bench_size(argc, argv), sum = 0;
  for (long i = 0; i < n; i++) sum += writing ? pwrite(file, buffer, size, 0) : pread(file, buffer, size, 0);
  bench_report(n);
  printf("%ld\n", sum);
}
