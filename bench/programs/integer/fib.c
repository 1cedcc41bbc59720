// Fibonacci numbers by recursion: calls, returns, the stack.
#include "../bench.h"
__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static long fib(long n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), sum = 0;
  for (long i = 0; i < n; i++) sum += fib(25 + (int)(i & 1));
  bench_report(n);
  printf("%ld\n", sum);
}
