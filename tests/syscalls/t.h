// Shared by the system-call programs: each prints what calls return, in words that are the same in every run.
#ifndef T_H
#define T_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Prints the call and its result, with the error's name. */
#define T(call)                                                                              \
  do {                                                                                       \
    errno = 0;                                                                               \
    long r_ = (long)(call);                                                                  \
    printf("%s = %ld%s%s\n", #call, r_, r_ == -1 ? " " : "", r_ == -1 ? strerrorname_np(errno) : ""); \
  } while (0)
/* Prints only whether the call failed, and how: for results that differ between runs. */
#define OK(call)                                                                             \
  do {                                                                                       \
    errno = 0;                                                                               \
    long r_ = (long)(call);                                                                  \
    printf("%s: %s\n", #call, r_ == -1 ? strerrorname_np(errno) : "ok");                     \
  } while (0)
/* Prints whether something holds. */
#define IS(condition) printf("%s: %s\n", #condition, (condition) ? "yes" : "no")

static inline void show_status(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exited %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: signal %d%s\n", what, WTERMSIG(status), WCOREDUMP(status) ? " core" : "");
  else if (WIFSTOPPED(status)) printf("%s: stopped by %d\n", what, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
}
static inline void pause_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) == -1 && errno == EINTR) {}
}
/* Waits until a process (or thread) waits, or has ended, as /proc shows it. */
static inline void until_waiting(pid_t id) {
  char name[40], text[300], *end;
  snprintf(name, sizeof name, "/proc/%d/stat", id);
  for (;;) {
    int fd = open(name, O_RDONLY);
    long n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[n > 0 ? n : 0] = 0;
    if (n <= 0 || ((end = strrchr(text, ')')) && strchr("SZ", end[2]))) return;
    pause_ms(5);
  }
}
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
__attribute__((constructor)) static void unbuffered(void) {
  setvbuf(stdout, 0, _IONBF, 0);
}
#endif
