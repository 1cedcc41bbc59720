// A byte to another process and back through two pipes, N times.
#include "../bench.h"
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int there[2], back[2];
  char byte = 0;
  if (pipe(there) || pipe(back)) return perror("pipe"), 1;
  if (fork() == 0) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1) {
      byte++;
      if (write(back[1], &byte, 1) != 1) return 1;
    }
    _exit(0);
  }
  long n = bench_size(argc, argv);
  for (long i = 0; i < n; i++) {
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return perror("pipe"), 1;
  }
  bench_report(n);
  close(there[1]);
  wait(0);
  printf("%d\n", byte);
}
