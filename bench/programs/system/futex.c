// Two threads hand a turn to each other by futexes, N times there and back.
#include "../bench.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
static atomic_int turn;
static long n;
static void hand_over(int mine) {
  for (long i = 0; i < n; i++) {
    int now;
    while ((now = atomic_load(&turn)) != mine) syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, now, 0, 0, 0);
    atomic_store(&turn, !mine);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
  }
}
static void *other(void *unused) {
  hand_over(1);
  return unused;
}
int main(int argc, char **argv) {
  pthread_t thread;
  n = bench_size(argc, argv);
  if (pthread_create(&thread, 0, other, 0)) return 1;
  hand_over(0);
  pthread_join(thread, 0);
  bench_report(n);
  printf("%d\n", atomic_load(&turn));
}
