// fork() of a process with MIB megabytes resident, TIMES times; each child writes one page and leaves.
#include "clock.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  size_t size = (size_t)atol(argv[argc - 2]) << 20;
  char *memory = malloc(size);
  memset(memory, 1, size);
  long long start = now_ns();
  for (long i = atol(argv[argc - 1]); i > 0; i--) {
    if (fork() == 0) {
      memory[size / 2] = 2;
      _exit(0);
    }
    wait(0);
  }
  printf("%lld\n", now_ns() - start);
  return memory[size / 2] != 1;
}
