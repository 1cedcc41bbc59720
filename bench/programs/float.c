// Floating point: a few planets pull at each other.
#include "clock.h"
#include <math.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  double x = 1, y = 0, vx = 0, vy = 1, energy = 0;
  long long start = now_ns();
  for (long i = atol(argv[argc - 1]); i > 0; i--) {
    double r2 = x * x + y * y, r = __builtin_sqrt(r2), a = -1 / (r2 * r);
    vx += a * x * 0.001;
    vy += a * y * 0.001;
    x += vx * 0.001;
    y += vy * 0.001;
    energy += (vx * vx + vy * vy) / 2 - 1 / r;
  }
  printf("%.9f\n%lld\n", energy, now_ns() - start);
}
