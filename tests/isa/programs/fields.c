/* Hot loops over structures whose fields lie on two pages: the second one missing, read-only, elsewhere in physical memory, copied on write, or code. What is
   checked for all fields together must fault, and store, as the single accesses would. */
#define _GNU_SOURCE
#include "faults.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 120000 };

struct record {
  uint64_t first, second;
  uint32_t small[8];
  uint64_t pad[4], last;
};

/* Stores before the access that may fault are seen, those behind it are not. */
__attribute__((noinline)) static uint64_t update(volatile struct record *r, uint64_t by) {
  r->first += by;
  r->small[1] = by;
  uint64_t sum = r->second ^ r->small[7];
  r->last += sum;
  r->second = sum + 1;
  return sum;
}
__attribute__((noinline)) static uint64_t look(const volatile struct record *r, int both) {
  uint64_t sum = r->first;
  if (both) sum = sum * 31 + r->last;
  return sum + r->second;
}
/* Both ways, and with fields in front of where the pointer points. */
__attribute__((noinline)) static uint64_t sweep(volatile uint64_t *from, volatile uint64_t *to) {
  uint64_t sum = 0;
  for (volatile uint64_t *p = from; p < to; p += 3) sum += p[0] + 3 * p[1] + 5 * p[2], p[1] = sum;
  for (volatile uint64_t *p = to; p > from; p -= 2) sum ^= p[-1] + 7 * p[-2], p[-2] = sum;
  return sum;
}
/* A frame whose size nobody knows before. */
__attribute__((noinline)) static uint64_t frames(int depth, size_t size) {
  volatile uint64_t here[size];
  here[0] = depth, here[size - 1] = size;
  uint64_t below = depth > 0 ? frames(depth - 1, size % 97 + 3) : 1;
  return here[0] * 3 + here[size - 1] + below;
}
/* RSP goes up and down between accesses through it. */
__attribute__((noinline)) static uint64_t stack(uint64_t x) {
  uint64_t result;
  __asm__ volatile(
      "sub $128, %%rsp\n\t"
      "mov %1, 8(%%rsp)\n\t"
      "push %1\n\t"
      "addq $5, 16(%%rsp)\n\t"
      "sub $24, %%rsp\n\t"
      "mov 40(%%rsp), %0\n\t"
      "mov %0, (%%rsp)\n\t"
      "pop %%rcx\n\t"
      "add %%rcx, %0\n\t"
      "lea 16(%%rsp), %%rsp\n\t"
      "xor (%%rsp), %0\n\t"
      "test $1, %1\n\t"
      "jz 1f\n\t"
      "push %0\n\t"
      "addq $9, 16(%%rsp)\n\t"
      "pop %%rcx\n\t"
      "add %%rcx, %0\n\t"
      "1: add 8(%%rsp), %0\n\t"
      "pop %%rcx\n\t"
      "add %%rcx, %0\n\t"
      "add $128, %%rsp"
      : "=&r"(result)
      : "r"(x)
      : "rcx", "memory", "cc");
  return result;
}

static char *map(size_t pages, int protection) {
  char *p = mmap(0, pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) exit(9);
  return p;
}
static void tell(const char *what, uint64_t a, uint64_t b) {
  printf("%s %llx %llx\n", what, (unsigned long long)a, (unsigned long long)b);
}

/* `second`: the protection of the page that the record goes on in. */
static void across(const char *what, int second) {
  char *area = map(3, PROT_READ | PROT_WRITE);
  for (int split = 8; split < (int)sizeof(struct record); split += 8) {
    struct record *near = (struct record *)area, *r = (struct record *)(area + PAGE - split);
    memset(area, 0, 2 * PAGE);
    r->second = 7, r->last = 11;
    mprotect(area + PAGE, PAGE, second);
    volatile uint64_t sum = 0, faults = 0, where = 0;
    for (volatile int i = 0; i < ROUNDS / 120; i++) {
      sum += update(near, i);
      if (i % 50 != 49) continue;
      if (sigsetjmp(back, 1) == 0) sum += update(r, i);
      else faults++, where = where * 31 + (fault_at - area);
      if (sigsetjmp(back, 1) == 0) sum += look(r, i & 64);
      else faults++, where = where * 31 + (fault_at - area);
    }
    mprotect(area + PAGE, PAGE, PROT_READ | PROT_WRITE);
    uint64_t after = r->first * 3 + r->second * 5 + r->last * 7 + r->small[1] * 11;
    tell(what, sum * 31 + faults, where ^ after << 20);
  }
  munmap(area, 3 * PAGE);
}

static void apart(void) {
  /* The same file's pages, the wrong way round. */
  char path[] = "/tmp/fieldsXXXXXX";
  int file = mkstemp(path);
  unlink(path);
  if (ftruncate(file, 4 * PAGE) != 0) exit(9);
  char *area = map(4, PROT_NONE);
  for (int i = 0; i < 4; i++) {
    mmap(area + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, (3 - i) * PAGE);
  }
  uint64_t sum = 0;
  for (int i = 0; i < ROUNDS; i++) {
    struct record *r = (struct record *)(area + (i * 40 & 4 * PAGE - 1 & ~7) % (4 * PAGE - sizeof(struct record)));
    sum += update(r, i) + look(r, i & 1);
  }
  for (int i = 0; i < 60; i++) sum += sweep((uint64_t *)area, (uint64_t *)(area + 4 * PAGE - 64));
  tell("other order", sum, ((uint64_t *)area)[PAGE / 8 + 1]);
  munmap(area, 4 * PAGE);
  close(file);
}

static void copies(void) {
  char *area = map(16, PROT_READ | PROT_WRITE);
  uint64_t sum = 0;
  for (int i = 0; i < ROUNDS; i++) sum += update((struct record *)(area + i % 400 * 160), i);
  for (int turn = 0; turn < 6; turn++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      for (int i = turn; i < 400; i += 3) sum += update((struct record *)(area + i * 160), i);
      tell("child", sum, look((struct record *)(area + PAGE - 16), 1));
      fflush(stdout);
      _exit(0);
    }
    for (int i = 0; i < 400; i += turn + 1) sum += update((struct record *)(area + i * 160), i);
    waitpid(child, 0, 0);
  }
  for (int i = 0; i < 400; i++) sum += look((struct record *)(area + i * 160), i & 1);
  tell("copied", sum, 0);
}

static void beside_code(void) {
  char *area = map(2, PROT_READ | PROT_WRITE | PROT_EXEC);
  static const unsigned char code[] = {0x8d, 0x47, 0x01, 0xc3}; /* lea 1(%rdi), %eax; ret */
  char *at = area + PAGE + 96;
  uint64_t sum = 0;
  for (int i = 0; i < 600; i++) {
    memcpy(at, code, sizeof code);
    at[2] = i;
    sum += ((int (*)(int))at)(i);
    sum += update((struct record *)(area + PAGE - 56), i);
  }
  tell("beside code", sum, 0);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  across("missing", PROT_NONE);
  across("read-only", PROT_READ);
  across("writable", PROT_READ | PROT_WRITE);
  apart();
  copies();
  beside_code();
  uint64_t sum = 0;
  for (int i = 0; i < ROUNDS; i++) sum += stack(sum ^ i);
  tell("stack", sum, 0);
  for (int i = 0; i < 300; i++) sum += frames(i % 40, i * 7 % 900 + 3);
  tell("frames", sum, frames(2000, 50));
}
