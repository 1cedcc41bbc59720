// Five bodies that attract each other: scalar double arithmetic with divisions and square roots.
#include "../bench.h"
#include <math.h>
enum { BODIES = 5 };
struct body {
  double at[3], speed[3], mass;
};
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  struct body bodies[BODIES];
  for (int i = 0; i < BODIES; i++)
    bodies[i] = (struct body){{i * 1.7 + 0.3, i * i * 0.4 - 1, 0.2 * i}, {0.1 * i, -0.05 * i, 0.01}, i ? 0.001 * i : 4};
  for (long step = 0; step < n; step++) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        struct body *p = &bodies[i], *q = &bodies[j];
        double d[3], square = 0.01;
        for (int k = 0; k < 3; k++) d[k] = p->at[k] - q->at[k], square += d[k] * d[k];
        double force = 0.001 / (square * sqrt(square));
        for (int k = 0; k < 3; k++) {
          p->speed[k] -= d[k] * q->mass * force;
          q->speed[k] += d[k] * p->mass * force;
        }
      }
    for (int i = 0; i < BODIES; i++)
      for (int k = 0; k < 3; k++) bodies[i].at[k] += 0.001 * bodies[i].speed[k];
  }
  bench_report(n);
  for (int i = 0; i < BODIES; i++) printf("%.9f %.9f %.9f\n", bodies[i].at[0], bodies[i].at[1], bodies[i].at[2]);
}
