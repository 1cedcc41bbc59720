// FUNCTION LENGTH N: so many calls of a string function of the C library on so many bytes.
#include "../bench.h"
#include <string.h>

static size_t (*volatile length)(const char *) = strlen;
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile fill)(void *, int, size_t) = memset;
static void *(*volatile find)(const void *, int, size_t) = memchr;
static int (*volatile compare)(const char *, const char *) = strcmp;

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const char *function = argv[1];
  size_t size = (size_t)atol(argv[2]), room = size + 64, sum = 0;
  char *from = malloc(room), *to = malloc(room);
  for (size_t i = 0; i < room; i++) from[i] = to[i] = (char)('a' + i % 23);
  from[size] = to[size] = 0;
  long n = bench_size(argc, argv);
  if (strcmp(function, "strlen") == 0) {
    for (long i = 0; i < n; i++) sum += length(from + (i & (size > 8 ? 7 : 0)));
  } else if (strcmp(function, "memcpy") == 0) {
    for (long i = 0; i < n; i++) from[0] = (char)i, sum += *(unsigned char *)copy(to, from, size);
  } else if (strcmp(function, "memset") == 0) {
    for (long i = 0; i < n; i++) sum += *(unsigned char *)fill(to, (int)i & 127, size);
  } else if (strcmp(function, "memchr") == 0) {
    for (long i = 0; i < n; i++) sum += (size_t)((char *)find(from, 0, room) - from);
  } else if (strcmp(function, "strcmp") == 0) {
    for (long i = 0; i < n; i++) to[size - 1] = from[size - 1] + (char)(i & 1), sum += compare(to, from) > 0;
  } else {
    return 2;
  }
  bench_report(n);
  printf("%zu\n", sum);
}
