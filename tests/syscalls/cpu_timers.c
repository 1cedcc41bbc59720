// Timers and sleeps on CPU clocks: they stand still while the process sleeps, and run while it computes.
#include "t.h"
#include <pthread.h>

static volatile sig_atomic_t got;
static siginfo_t last;
static void handler(int signo, siginfo_t *info, void *context) {
  got++;
  last = *info;
}
static double cpu(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
static void *spin(void *stop) {
  double start = cpu(CLOCK_PROCESS_CPUTIME_ID);
  while (!*(volatile int *)stop && cpu(CLOCK_PROCESS_CPUTIME_ID) < start + 5) {}
  return 0;
}
static const struct itimerspec half_second = {{0, 0}, {0, 500000000}};

static void timer_on(const char *name, clockid_t clock) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  timer_t timer;
  struct itimerspec left;
  got = 0;
  printf("%s: create %d", name, timer_create(clock, &event, &timer));
  printf(" set %d", timer_settime(timer, 0, &half_second, 0));
  struct timespec second = {1, 0};
  while (nanosleep(&second, &second)) {}
  printf(" asleep %d", got);
  timer_gettime(timer, &left);
  printf(" left %d", left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 500000000);
  int stop = 0;
  double start = cpu(clock), end;
  while (!got && (end = cpu(clock)) < start + 5) {}
  printf(" after %s: got %d code %d value %d\n", end - start > 0.2 && end - start < 2 ? "half a second" : "another time", got,
         last.si_code, last.si_value.sival_int);
  timer_gettime(timer, &left);
  IS(left.it_value.tv_nsec == 0 && left.it_value.tv_sec == 0);
  timer_delete(timer);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  clockid_t mine, thread_clock;
  sigaction(SIGUSR1, &action, 0);
  timer_on("process", CLOCK_PROCESS_CPUTIME_ID);
  timer_on("thread", CLOCK_THREAD_CPUTIME_ID);
  clock_getcpuclockid(0, &mine);
  timer_on("by pid", mine);
  pthread_getcpuclockid(pthread_self(), &thread_clock);
  timer_on("by tid", thread_clock);
  timer_t timer;
  T(timer_create(-1, 0, &timer)); T(timer_create(10, 0, &timer)); T(timer_create(99, 0, &timer));
  // A sleep on the process's clock needs somebody else who computes.
  pthread_t thread;
  int stop = 0;
  struct timespec nap = {0, 100000000}, deadline;
  pthread_create(&thread, 0, spin, &stop);
  double start = cpu(CLOCK_PROCESS_CPUTIME_ID);
  T(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &nap, 0));
  IS(cpu(CLOCK_PROCESS_CPUTIME_ID) - start >= 0.1);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &deadline);
  deadline.tv_sec++;
  T(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &deadline, 0));
  IS(cpu(CLOCK_PROCESS_CPUTIME_ID) >= deadline.tv_sec + deadline.tv_nsec / 1e9);
  stop = 1;
  pthread_join(thread, 0);
  T(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &nap, 0));
  T(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &nap, 0));
  nap.tv_nsec = -1; T(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &nap, 0));
  return 0;
}
