/* Hot loops over memory whose pages change under them: fork, mprotect, mremap, madvise, discarded and shared pages, pages that fault in the middle of
   a loop. What a translation remembers about pages must never outlive them. */
#define _GNU_SOURCE
#include "faults.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 96 };

/* Through a pointer that moves, through pointers that are loaded, and by index. */
__attribute__((noinline)) static uint64_t walk(const unsigned char *p, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i + 8 <= n; i += 8) {
    uint64_t v;
    memcpy(&v, p + i, 8);
    sum = sum * 31 + v;
  }
  return sum;
}
struct node {
  struct node *next;
  uint64_t value, pad[5];
};
__attribute__((noinline)) static uint64_t chase(struct node *n, int steps, uint64_t add) {
  uint64_t sum = 0;
  for (; steps > 0; steps--, n = n->next) sum += n->value, n->value += add;
  return sum;
}
/* Two areas in turn. */
__attribute__((noinline)) static uint64_t both(uint32_t *a, uint32_t *b, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t *p = i * 2654435761u >> 7 & 1 ? a : b;
    p[i] += i;
    sum += p[i] ^ (uint64_t)(p == a) << 40;
  }
  return sum;
}

static unsigned char *map(size_t pages) {
  unsigned char *p = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) exit(9);
  return p;
}

static struct node *link_nodes(unsigned char *area, size_t bytes) {
  size_t count = bytes / sizeof(struct node), at = 0;
  struct node *nodes = (struct node *)area;
  for (size_t i = 0; i < count; i++) {
    size_t next = (at + 1663) % count;
    nodes[at] = (struct node){&nodes[next], i, {0}};
    at = next;
  }
  return nodes;
}

static void warm(unsigned char *area, struct node *nodes, unsigned char *other) {
  uint64_t sum = 0;
  for (int i = 0; i < 300; i++) {
    sum += walk(area, PAGES * PAGE) + chase(nodes, 2000, 1);
    sum ^= both((uint32_t *)area, (uint32_t *)other, 4000);
  }
  printf("warm %llx\n", (unsigned long long)sum);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  unsigned char *area = map(PAGES), *pool = map(PAGES), *other = map(PAGES);
  for (size_t i = 0; i < PAGES * PAGE; i++) area[i] = i * 7, other[i] = i >> 3;
  struct node *nodes = link_nodes(pool, PAGES * PAGE);
  warm(area, nodes, other);

  /* Both sides write, and neither sees the other. */
  for (int round = 0; round < 3; round++) {
    int pipes[2];
    if (pipe(pipes) < 0) return 1;
    pid_t child = fork();
    if (child == 0) {
      uint64_t sum = chase(nodes, 3000, 100 + round) + both((uint32_t *)area, (uint32_t *)other, 9000);
      sum = sum * 3 + walk(area, PAGES * PAGE) + chase(nodes, 3000, 1);
      if (write(pipes[1], &sum, 8) != 8) _exit(1);
      _exit(0);
    }
    uint64_t mine = chase(nodes, 3000, 7) + walk(area, PAGES * PAGE), theirs = 0;
    mine = mine * 5 + both((uint32_t *)area, (uint32_t *)other, 9000) + chase(nodes, 3000, 1);
    if (read(pipes[0], &theirs, 8) != 8) return 1;
    waitpid(child, 0, 0);
    printf("fork %llx %llx\n", (unsigned long long)mine, (unsigned long long)theirs);
    close(pipes[0]), close(pipes[1]);
  }

  /* A page in the middle gives up a right, or goes. */
  for (int k = 0; k < 4; k++) {
    unsigned char *page = area + (20 + k) * PAGE;
    mprotect(page, PAGE, k & 1 ? PROT_READ : PROT_NONE);
    if (sigsetjmp(back, 1) == 0) {
      printf("sum %llx\n", (unsigned long long)(both((uint32_t *)area, (uint32_t *)area, PAGES * PAGE / 4) + 1));
    } else printf("fault at %ld\n", (long)(fault_at - (char *)area));
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    printf("then %llx\n", (unsigned long long)both((uint32_t *)area, (uint32_t *)other, PAGES * PAGE / 4));
  }
  munmap(area + 50 * PAGE, PAGE);
  if (sigsetjmp(back, 1) == 0) printf("sum %llx\n", (unsigned long long)walk(area, PAGES * PAGE));
  else printf("fault at %ld\n", (long)(fault_at - (char *)area));
  if (mmap(area + 50 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return 1;
  printf("hole %llx\n", (unsigned long long)walk(area, PAGES * PAGE));
  madvise(area + 30 * PAGE, 5 * PAGE, MADV_DONTNEED);
  printf("discarded %llx\n", (unsigned long long)walk(area, PAGES * PAGE));
  printf("again %llx\n", (unsigned long long)both((uint32_t *)area, (uint32_t *)other, PAGES * PAGE / 4));

  /* The same address, other frames. */
  unsigned char *moved = mremap(other, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area);
  printf("moved %d %llx\n", moved == area, (unsigned long long)walk(area, PAGES * PAGE));
  char name[] = "/tmp/mappings.XXXXXX";
  int file = mkstemp(name);
  unlink(name);
  for (int i = 0; i < PAGES; i++) {
    unsigned char bytes[PAGE];
    memset(bytes, i, PAGE);
    if (write(file, bytes, PAGE) != PAGE) return 1;
  }
  unsigned char *shared = mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
  printf("file %llx\n", (unsigned long long)walk(shared, PAGES * PAGE));
  if (pwrite(file, "changed!", 8, 70 * PAGE + 16) != 8) return 1;
  printf("written %llx\n", (unsigned long long)walk(shared, PAGES * PAGE));
  both((uint32_t *)shared, (uint32_t *)shared, 20000);
  uint32_t word = 0;
  if (pread(file, &word, 4, 4 * 19999) != 4) return 1;
  printf("stored %x\n", word);
  if (ftruncate(file, 60 * PAGE) < 0) return 1;
  if (sigsetjmp(back, 1) == 0) printf("sum %llx\n", (unsigned long long)walk(shared, PAGES * PAGE));
  else printf("past the end at %ld\n", (long)(fault_at - (char *)shared));
  /* The heap grows and shrinks under a loop. */
  for (int k = 0; k < 6; k++) {
    unsigned char *heap = sbrk(64 * PAGE);
    for (size_t i = 0; i < 64 * PAGE; i += 5) heap[i] = i * (k + 3);
    printf("heap %llx\n", (unsigned long long)walk(heap, 64 * PAGE));
    if (k & 1) sbrk(-100 * PAGE);
  }
  printf("nodes %llx\n", (unsigned long long)chase(nodes, 100000, 1));
  return 0;
}
