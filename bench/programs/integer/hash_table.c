// A chained hash table, each entry from malloc: allocation and pointers to follow. N thousand insertions and removals.
#include "../bench.h"
enum { BUCKETS = 4096 };
struct entry {
  struct entry *next;
  unsigned long key;
  char payload[24];
};
static struct entry *buckets[BUCKETS];
int main(int argc, char **argv) {
  long n = bench_size(argc, argv) * 1000;
  unsigned long random = 88172645463325252UL, present = 0, removed = 0;
  for (long i = 0; i < n; i++) {
    unsigned long key = bench_random(&random) % 20000;
    struct entry **link = &buckets[key * 0x9e3779b97f4a7c15UL >> 52];
    while (*link && (*link)->key != key) link = &(*link)->next;
    if (*link) {
      struct entry *gone = *link;
      *link = gone->next;
      free(gone);
      present--;
      removed += key;
    } else {
      *link = calloc(1, sizeof **link + (key & 63));
      (*link)->key = key;
      present++;
    }
  }
  bench_report(n / 1000);
  printf("%lu %lu\n", present, removed);
}
