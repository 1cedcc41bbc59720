// What all programs share: how much to do, the clock, and the report that bench/run.ts reads.
// Results go to standard output, where they are compared with a native run; times to standard error.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long bench_began;

static inline long long bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// How much to do: the last argument. Starts the clock.
static inline long bench_size(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s … SIZE\n", argv[0]);
    exit(2);
  }
  bench_began = bench_now();
  return atol(argv[argc - 1]);
}

// For programs that prepare something before what is measured.
static inline void bench_restart(void) { bench_began = bench_now(); }

// Stops the clock: so often the measured thing happened.
static inline void bench_report(long units) {
  fprintf(stderr, "bench: %lld ns for %ld\n", bench_now() - bench_began, units);
}

// xorshift64: the same numbers everywhere.
static inline unsigned long bench_random(unsigned long *state) {
  unsigned long x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}
