// launch SECONDS REPORT STDIN STDOUT STDERR COMMAND…: runs a command and writes to REPORT: wait status, wall time in ns,
// user and system time in µs, largest resident memory in KiB. After SECONDS its whole process group is killed (the
// status says SIGKILL then). The timing is done here, so that it is the same for all sides and nothing of Deno's own.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static void too_long(int number) {
  (void)number;
  kill(-child, SIGKILL);
}

static void redirect(int descriptor, const char *path, int flags) {
  int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) {
    perror(path);
    _exit(126);
  }
  close(file);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  long long start = now();
  child = fork();
  if (child == 0) {
    setpgid(0, 0);
    redirect(0, argv[3], O_RDONLY);
    redirect(1, argv[4], O_WRONLY | O_CREAT | O_TRUNC);
    redirect(2, argv[5], O_WRONLY | O_CREAT | O_TRUNC);
    execvp(argv[6], argv + 6);
    perror(argv[6]);
    _exit(127);
  }
  setpgid(child, child);
  signal(SIGALRM, too_long);
  alarm((unsigned)atoi(argv[1]));
  int status;
  struct rusage usage;
  while (wait4(child, &status, 0, &usage) < 0) continue;
  long long wall = now() - start;
  alarm(0);
  kill(-child, SIGKILL);
  FILE *report = fopen(argv[2], "w");
  if (report == NULL) return perror(argv[2]), 1;
  fprintf(report, "%d %lld %ld %ld %ld\n", status, wall, usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec,
          usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec, usage.ru_maxrss);
  return fclose(report) != 0;
}
