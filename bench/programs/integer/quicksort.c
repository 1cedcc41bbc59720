// Quicksort of 100,000 numbers: branches that nobody can predict.
#include "../bench.h"
enum { COUNT = 100000 };
static int data[COUNT];
static void sort(int *from, int *to) {
  while (to - from > 12) {
    int pivot = from[(to - from) / 2], *i = from, *j = to - 1;
    for (;;) {
      while (*i < pivot) i++;
      while (*j > pivot) j--;
      if (i >= j) break;
      int t = *i;
      *i++ = *j;
      *j-- = t;
    }
    // The smaller part by recursion, so that the stack stays low.
    if (i - from < to - i) {
      sort(from, i);
      from = i;
    } else {
      sort(i, to);
      to = i;
    }
  }
  for (int *i = from + 1; i < to; i++) {
    int value = *i, *j = i;
    for (; j > from && j[-1] > value; j--) *j = j[-1];
    *j = value;
  }
}
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  unsigned long random = 88172645463325252UL;
  long sum = 0;
  for (long round = 0; round < n; round++) {
    for (int i = 0; i < COUNT; i++) data[i] = (int)(bench_random(&random) >> 33);
    sort(data, data + COUNT);
    for (int i = 1; i < COUNT; i++) {
      if (data[i - 1] > data[i]) return puts("not sorted"), 1;
    }
    sum += data[COUNT / 2];
  }
  bench_report(n);
  printf("%ld\n", sum);
}
