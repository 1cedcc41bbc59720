// setjmp and longjmp out of four calls: N times.
#include "../bench.h"
#include <setjmp.h>
static jmp_buf back;
__attribute__((noinline)) static long fall(long depth, long value) {
  if (depth == 0) longjmp(back, (int)(value & 0xffff) + 1);
  return fall(depth - 1, value) + 1;
}
int main(int argc, char **argv) {
  volatile long sum = 0, i = 0;
  long n = bench_size(argc, argv);
  for (i = 0; i < n; i++) {
    int got = setjmp(back);
    if (got == 0) sum += fall(4, i);
    else sum += got;
  }
  bench_report(n);
  printf("%ld\n", sum);
}
