// Leases: who may have one, who is told when somebody opens the file, and who waits.
#include "t.h"
static volatile int got; static volatile siginfo_t seen; static int held, downgrade = -1;
static void handler(int s, siginfo_t *i, void *c) { (void)s; (void)c; seen = *i; got++; }
static void show(const char *what) { printf("%s: %d", what, got); if (got) printf(" signal %d code %d fd %s, now %d", seen.si_signo, seen.si_code, seen.si_fd == held ? "ours" : "another", fcntl(held, F_GETLEASE)); puts(""); got = 0; }
/* Another process opens the file; the holder comes down to `to` when it is told, which takes it a while. */
static void opener(int flags, int to) {
  int st, pid = fork(); if (!pid) { double t = now(); int fd = open("f", flags); _exit(fd < 0 ? errno : to < 0 ? 0 : now() - t >= 0.04 ? 200 : 201); }
  if (to >= 0) { while (!got) pause_ms(2); pause_ms(50); show("told"); T(fcntl(held, F_SETLEASE, to)); }
  waitpid(pid, &st, 0); st = WEXITSTATUS(st); printf("opened: %s\n", st == 0 ? "yes" : st == 200 ? "after a wait" : st == 201 ? "at once" : strerrorname_np(st)); show("after");
}
int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART}; sigaction(SIGIO, &a, 0); sigaction(SIGUSR1, &a, 0);
  int w = open("f", O_RDWR | O_CREAT, 0600), p[2]; pipe(p); mkdir("d", 0700);
  T(fcntl(w, F_GETLEASE)); T(fcntl(w, F_SETLEASE, F_RDLCK)); T(fcntl(w, F_SETLEASE, 9)); T(fcntl(w, F_SETLEASE, F_UNLCK)); T(fcntl(p[0], F_SETLEASE, F_RDLCK)); T(fcntl(open("d", O_RDONLY), F_SETLEASE, F_RDLCK)); T(fcntl(w, F_SETLEASE, F_WRLCK)); T(fcntl(w, F_GETLEASE)); int r = open("f", O_RDONLY | O_NONBLOCK); IS(r == -1 && errno == EAGAIN); show("own open"); T(fcntl(w, F_SETLEASE, F_UNLCK)); T(fcntl(w, F_SETLEASE, F_UNLCK));
  r = open("f", O_RDONLY); T(fcntl(w, F_SETLEASE, F_WRLCK)); T(fcntl(r, F_SETLEASE, F_RDLCK)); close(w); T(fcntl(r, F_SETLEASE, F_RDLCK)); held = r; T(fcntl(r, F_SETSIG, SIGUSR1)); int r2 = open("f", O_RDONLY); IS(r2 >= 0); T(fcntl(r2, F_SETLEASE, F_RDLCK)); T(fcntl(r, F_SETLEASE, F_WRLCK)); T(fcntl(r2, F_GETLEASE)); close(r2); show("readers");
  opener(O_RDONLY, -1); opener(O_WRONLY | O_NONBLOCK, -1); T(fcntl(r, F_GETLEASE)); T(fcntl(r, F_SETLEASE, F_UNLCK)); T(fcntl(r, F_SETLEASE, F_RDLCK)); opener(O_WRONLY, F_UNLCK); T(fcntl(r, F_SETLEASE, F_WRLCK)); opener(O_RDONLY, F_RDLCK); T(fcntl(r, F_GETLEASE)); T(fcntl(r, F_SETLEASE, F_WRLCK)); opener(O_RDWR | O_TRUNC, F_UNLCK); T(fcntl(r, F_GETLEASE));
  T(fcntl(r, F_SETLEASE, F_WRLCK)); int d = dup(r); T(close(r)); T(fcntl(d, F_GETLEASE)); close(d); opener(O_RDWR, -1);
}
