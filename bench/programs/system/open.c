// open and close of a file, N times.
#include "../bench.h"
#include <fcntl.h>
#include <unistd.h>
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), good = 0;
  for (long i = 0; i < n; i++) {
    int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    good += close(file) == 0;
  }
  bench_report(n);
  printf("%ld\n", good);
}
