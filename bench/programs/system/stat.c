// stat of a file four folders deep, N times: walking a path.
#include "../bench.h"
#include <sys/stat.h>
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), good = 0;
  struct stat info;
  for (long i = 0; i < n; i++) good += stat("/usr/share/common-licenses/../../bin/env", &info) == 0;
  bench_report(n);
  printf("%ld %ld\n", good, (long)info.st_size);
}
