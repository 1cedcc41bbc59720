// futex_waitv: which of several words was woken, and everything that can be wrong with the list.
#include "t.h"
#include <linux/futex.h>
#include <pthread.h>

#ifndef FUTEX_32
#define FUTEX_32 2
#endif
struct entry { uint64_t value, address; uint32_t flags, reserved; };
static uint32_t words[4];
static struct entry list[129];

static long waitv(int count, int flags, const struct timespec *timeout, int clock) {
  return syscall(449, list, count, flags, timeout, clock);
}
static void fill(int count) {
  for (int i = 0; i < count; i++)
    list[i] = (struct entry){words[i % 4], (uintptr_t)&words[i % 4], FUTEX_32 | FUTEX_PRIVATE_FLAG, 0};
}
static void *wake(void *word) {
  while (syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1) == 0) pause_ms(5);
  return 0;
}
static struct timespec in_ms(int clock, long ms) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}
static void nothing(int signo) { (void)signo; }

int main(void) {
  pthread_t thread;
  for (int i = 0; i < 4; i++) {
    fill(4);
    pthread_create(&thread, 0, wake, &words[i]);
    T(waitv(4, 0, 0, 0));
    pthread_join(thread, 0);
  }
  // Nobody is left behind in the other words' queues.
  for (int i = 0; i < 4; i++) T(syscall(SYS_futex, &words[i], FUTEX_WAKE_PRIVATE, 9));
  struct timespec t = in_ms(CLOCK_MONOTONIC, 20);
  T(waitv(4, 0, &t, CLOCK_MONOTONIC));
  t = in_ms(CLOCK_REALTIME, 20);
  T(waitv(4, 0, &t, CLOCK_REALTIME));
  // Long before the machine was started.
  struct timespec past = {1, 0};
  T(waitv(4, 0, &past, CLOCK_REALTIME)); T(waitv(4, 0, &past, CLOCK_MONOTONIC));
  int bitset = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME;
  T(syscall(SYS_futex, &words[0], bitset, words[0], &past, 0, -1));
  T(waitv(4, 0, &t, CLOCK_BOOTTIME));
  t.tv_nsec = 1000000000;
  T(waitv(4, 0, &t, CLOCK_MONOTONIC));
  T(waitv(0, 0, 0, 0)); T(waitv(129, 0, 0, 0)); T(waitv(4, 1, 0, 0));
  T(syscall(449, 0, 1, 0, 0, 0)); T(syscall(449, 8, 1, 0, 0, 0));
  list[3].value = 7; T(waitv(4, 0, 0, 0));
  fill(4); list[2].flags = 0; T(waitv(4, 0, 0, 0));
  fill(4); list[2].flags = 1 << 12 | FUTEX_32; T(waitv(4, 0, 0, 0));
  fill(4); list[2].reserved = 1; T(waitv(4, 0, 0, 0));
  fill(4); list[1].address++; T(waitv(4, 0, 0, 0));
  fill(4); list[1].address = 8; T(waitv(4, 0, 0, 0));
  fill(4); list[1].address = (uintptr_t)-4096; T(waitv(4, 0, 0, 0));
  // A word of shared memory, woken by another process.
  uint32_t *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  fill(2); list[1].address = (uintptr_t)shared; list[1].flags = FUTEX_32;
  if (!fork()) {
    while (syscall(SYS_futex, shared, FUTEX_WAKE, 1) == 0) pause_ms(5);
    _exit(0);
  }
  T(waitv(2, 0, 0, 0));
  wait(0);
  struct sigaction act = {.sa_handler = nothing};
  sigaction(SIGALRM, &act, 0);
  struct itimerval soon = {{0, 0}, {0, 30000}};
  setitimer(ITIMER_REAL, &soon, 0);
  fill(4); T(waitv(4, 0, 0, 0));
  T(syscall(SYS_futex, &words[0], FUTEX_WAKE_PRIVATE, 9));
}
