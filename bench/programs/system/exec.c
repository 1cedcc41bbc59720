// COMMAND… N: fork, exec and wait, N times. The first time is not counted.
#include "../bench.h"
#include <sys/wait.h>
#include <unistd.h>
static int once(char **argv) {
  int status = 1;
  if (fork() == 0) {
    execv(argv[0], argv);
    _exit(127);
  }
  wait(&status);
  return status == 0;
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), good = 0;
  argv[argc - 1] = 0;
  once(argv + 1);
  bench_restart();
  for (long i = 0; i < n; i++) good += once(argv + 1);
  bench_report(n);
  printf("%ld\n", good);
}
