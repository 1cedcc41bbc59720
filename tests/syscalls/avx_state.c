// The upper halves of the YMM registers: in signal frames, across fork, clone and system calls, after XSAVE and XRSTOR, and at the start of a program.
#include "t.h"
#include <immintrin.h>
#include <cpuid.h>
#include <pthread.h>
#include <ucontext.h>

struct software { uint32_t magic1, extended_size; uint64_t features; uint32_t size; };
static int seen;

__attribute__((target("avx"))) static void fill(long first) {
  long v[4] = {first, first + 1, first + 2, first + 3};
  __asm__ volatile("vmovdqu %0, %%ymm3\n vmovdqu %0, %%ymm15" ::"m"(v) : "xmm3", "xmm15");
}
/* What lies between must not touch the registers. */
#define KEEP(what, first, between)                                                                   \
  do {                                                                                               \
    long a_[4] = {first, first + 1, first + 2, first + 3}, v_[4], w_[4];                             \
    __asm__ volatile("vmovdqu %0, %%ymm3\n vmovdqu %0, %%ymm15" ::"m"(a_) : "xmm3", "xmm15");        \
    between;                                                                                         \
    __asm__ volatile("vmovdqu %%ymm3, %0\n vmovdqu %%ymm15, %1" : "=m"(v_), "=m"(w_));               \
    printf("%s: %ld %ld %ld %ld, %ld\n", what, v_[0], v_[1], v_[2], v_[3], w_[3]);                   \
  } while (0)
static inline long call0(long n) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(n) : "rcx", "r11", "memory");
  return r;
}

static void handler(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  unsigned char *state = (void *)u->uc_mcontext.fpregs;
  struct software *s = (void *)(state + 464);
  uint32_t magic2;
  memcpy(&magic2, state + s->size, 4);
  long *upper = (long *)(state + 576);
  seen = u->uc_flags & 1 && s->magic1 == 0x46505853 && magic2 == 0x46505845 && s->extended_size == s->size + 4 &&
         (s->features & 7) == 7 && s->size >= 832 && (uintptr_t)state % 64 == 0;
  /* ymm3's upper half as the frame has it becomes ymm15's, and ymm3's changes. */
  upper[2 * 15] = upper[2 * 3] + 100;
  upper[2 * 15 + 1] = upper[2 * 3 + 1] + 100;
  upper[2 * 3] = -7;
  fill(9000);
}
static void *thread(void *unused) {
  fill(500);
  return 0;
}

int main(int argc, char **argv) {
  unsigned a, b, c, d;
  __cpuid_count(1, 0, a, b, c, d);
  if (argc > 1) {
    long v[4];
    __asm__ volatile("vextractf128 $1, %%ymm15, %0" : "=m"(v));
    printf("after execve: %ld %ld\n", v[0], v[1]);
    return 0;
  }
  if (!(c >> 28 & 1)) return puts("no AVX");
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  long pid = getpid();
  KEEP("signal", 10, ({
         long r;
         __asm__ volatile("syscall" : "=a"(r) : "a"(SYS_kill), "D"(pid), "S"(SIGUSR1) : "rcx", "r11", "memory");
       }));
  IS(seen);
  KEEP("system call", 20, call0(SYS_getppid));
  long child = 0;
  KEEP("fork", 30, child = call0(SYS_fork); if (child) wait(0));
  if (child == 0) _exit(0 * puts("child") + fflush(stdout));
  pthread_t t;
  pthread_create(&t, 0, thread, 0);
  KEEP("thread", 40, call0(SYS_sched_yield));
  pthread_join(t, 0);

  static unsigned char area[4096] __attribute__((aligned(64)));
  memset(area, 0, sizeof area);
  long two[4] = {1, 2, 3, 4};
  __asm__ volatile("vmovdqu %1, %%ymm5\n xsave %0\n vpxor %%ymm5, %%ymm5, %%ymm5\n xrstor %0\n vmovdqu %%ymm5, %1"
                   : "+m"(area), "+m"(two) : "a"(6), "d"(0) : "xmm5");
  printf("xsave: %ld %ld %ld %ld, header %d, upper %ld\n", two[0], two[1], two[2], two[3], area[512] & 6, ((long *)(area + 576))[2 * 5]);
  area[512] &= ~4;
  __asm__ volatile("vmovdqu %1, %%ymm5\n xrstor %0\n vmovdqu %%ymm5, %1" : "+m"(area), "+m"(two) : "a"(4), "d"(0) : "xmm5");
  printf("initial state: %ld %ld %ld %ld\n", two[0], two[1], two[2], two[3]);
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  printf("xcr0: %d %d\n", low & 7, high);
  fill(77);
  fflush(stdout);
  execl("/proc/self/exe", "again", "x", NULL);
}
