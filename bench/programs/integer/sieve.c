// The sieve of Eratosthenes over two million numbers: stores with a stride.
#include "../bench.h"
#include <string.h>
enum { LIMIT = 2000000 };
static unsigned char composite[LIMIT];
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), primes = 0;
  for (long round = 0; round < n; round++) {
    memset(composite, 0, sizeof composite);
    primes = 0;
    for (long i = 2; i < LIMIT; i++) {
      if (composite[i]) continue;
      primes++;
      for (long j = i * i; j < LIMIT; j += i) composite[j] = 1;
    }
  }
  bench_report(n);
  printf("%ld\n", primes);
}
