// A system call, again and again: the cost of the way in and out.
#include "clock.h"
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
  long sum = 0;
  long long start = now_ns();
  for (long i = atol(argv[argc - 1]); i > 0; i--) sum += syscall(SYS_getpid);
  printf("%lld\n", now_ns() - start);
  return sum == 1;
}
