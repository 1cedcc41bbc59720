// A thread made and joined, N times.
#include "../bench.h"
#include <pthread.h>
static void *run(void *value) { return (char *)value + 1; }
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  char *sum = 0;
  for (long i = 0; i < n; i++) {
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, 0, run, sum) || pthread_join(thread, &result)) return 1;
    sum = result;
  }
  bench_report(n);
  printf("%ld\n", (long)sum);
}
