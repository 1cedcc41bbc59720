// Following pointers in a random order through 16 MiB, N thousand steps: caches and TLBs miss.
#include "../bench.h"
enum { NODES = 1 << 18 };
struct node {
  struct node *next;
  long value, padding[6];
};
int main(int argc, char **argv) {
  struct node *nodes = calloc(NODES, sizeof *nodes);
  int *order = malloc(NODES * sizeof *order);
  unsigned long random = 88172645463325252UL;
  for (int i = 0; i < NODES; i++) order[i] = i;
  for (int i = NODES - 1; i > 0; i--) {
    int j = (int)(bench_random(&random) % (unsigned long)(i + 1)), other = order[j];
    order[j] = order[i];
    order[i] = other;
  }
  for (int i = 0; i < NODES; i++) {
    nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
    nodes[order[i]].value = i;
  }
  long n = bench_size(argc, argv), sum = 0;
  struct node *at = nodes;
  for (long i = 0; i < n * 1000; i++) {
    sum += at->value;
    at = at->next;
  }
  bench_report(n);
  printf("%ld\n", sum);
}
