// A signal to itself, handled, N times.
#include "../bench.h"
#include <signal.h>
static volatile long handled;
static void handler(int number) { handled += number == SIGUSR1; }
int main(int argc, char **argv) {
  signal(SIGUSR1, handler);
  long n = bench_size(argc, argv);
  for (long i = 0; i < n; i++) raise(SIGUSR1);
  bench_report(n);
  printf("%ld\n", handled);
}
