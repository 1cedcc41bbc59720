// The Mandelbrot set on a grid of N × N points: a tight loop of double arithmetic.
#include "../bench.h"
int main(int argc, char **argv) {
  long n = bench_size(argc, argv), inside = 0, steps = 0;
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) {
      double cr = 3.0 * (double)j / (double)n - 2, ci = 2.0 * (double)i / (double)n - 1, r = 0, im = 0;
      int k = 0;
      for (; k < 100 && r * r + im * im < 4; k++) {
        double next = r * r - im * im + cr;
        im = 2 * r * im + ci;
        r = next;
      }
      steps += k;
      inside += k == 100;
    }
  bench_report(n * n);
  printf("%ld %ld\n", inside, steps);
}
