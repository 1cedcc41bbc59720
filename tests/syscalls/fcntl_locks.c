// dup family, fcntl, record locks between processes, flock, close-on-exec.
#include "t.h"
#include <sys/file.h>
static int lock(int fd, int cmd, int type, off_t start, off_t len) { struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len}; int r = fcntl(fd, cmd, &l); if (cmd == F_GETLK && r == 0) printf("getlk: type %d start %ld len %ld\n", l.l_type, (long)l.l_start, (long)l.l_len); return r; }
int main(void) {
  int fd = open("f", O_RDWR | O_CREAT, 0600); T(dup(fd)); T(dup2(fd, 10)); T(dup2(fd, fd)); T(dup2(99, 5)); T(dup2(fd, -1)); T(dup3(fd, 11, O_CLOEXEC)); T(dup3(fd, fd, 0)); T(dup3(fd, 12, 99)); T(fcntl(fd, F_DUPFD, 20)); T(fcntl(fd, F_DUPFD_CLOEXEC, 20)); T(fcntl(21, F_GETFD)); T(fcntl(20, F_GETFD)); T(fcntl(20, F_SETFD, FD_CLOEXEC)); T(fcntl(20, F_GETFD)); T(fcntl(fd, F_DUPFD, -1)); T(fcntl(fd, F_DUPFD, 100000000)); T(fcntl(99, F_GETFD)); T(fcntl(fd, 9999));
  T(fcntl(fd, F_GETFL) & O_ACCMODE); T(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK)); IS((fcntl(10, F_GETFL) & (O_APPEND | O_NONBLOCK)) == (O_APPEND | O_NONBLOCK)); T(fcntl(fd, F_SETFL, 0)); T(write(fd, "abc", 3)); T(lseek(10, 0, SEEK_CUR));
  T(lock(fd, F_SETLK, F_WRLCK, 0, 10)); T(lock(fd, F_GETLK, F_WRLCK, 0, 5)); fflush(stdout);
  if (!fork()) { T(lock(fd, F_SETLK, F_WRLCK, 5, 10)); T(lock(fd, F_SETLK, F_RDLCK, 5, 10)); T(lock(fd, F_SETLK, F_WRLCK, 10, 10)); T(lock(fd, F_GETLK, F_RDLCK, 2, 3)); _exit(0); } wait(0);
  T(lock(fd, F_SETLK, F_UNLCK, 3, 4)); if (!fork()) { T(lock(fd, F_SETLK, F_WRLCK, 3, 4)); T(lock(fd, F_SETLK, F_WRLCK, 0, 1)); T(lock(fd, F_SETLK, F_WRLCK, 7, 1)); _exit(0); } wait(0);
  int p[2]; pipe(p); if (!fork()) { write(p[1], "r", 1); T(lock(fd, F_SETLKW, F_WRLCK, 0, 1)); puts("child got the lock"); _exit(0); } char c; read(p[0], &c, 1); pause_ms(50); puts("parent unlocks"); lock(fd, F_SETLK, F_UNLCK, 0, 0); wait(0);
  T(lock(fd, F_SETLK, F_RDLCK, 0, 0)); if (!fork()) { T(lock(fd, F_SETLK, F_RDLCK, 0, 0)); T(lock(fd, F_SETLK, F_WRLCK, 0, 0)); _exit(0); } wait(0); close(10); if (!fork()) { T(lock(fd, F_SETLK, F_WRLCK, 0, 0)); _exit(0); } wait(0); /* closing any descriptor of the file drops the locks */
  T(lock(fd, F_SETLK, 99, 0, 0)); T(lock(99, F_SETLK, F_RDLCK, 0, 0)); int ro = open("f", O_RDONLY); T(lock(ro, F_SETLK, F_WRLCK, 0, 0)); T(lock(ro, F_SETLK, F_RDLCK, 0, 0));
  T(flock(fd, LOCK_EX)); int other = open("f", O_RDWR); T(flock(other, LOCK_EX | LOCK_NB)); T(flock(other, LOCK_SH | LOCK_NB)); T(flock(fd, LOCK_SH)); T(flock(other, LOCK_SH | LOCK_NB)); T(flock(other, LOCK_UN)); T(flock(dup(fd), LOCK_UN)); T(flock(other, LOCK_EX | LOCK_NB)); T(flock(99, LOCK_EX)); T(flock(fd, 16));
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10}; T(fcntl(fd, F_OFD_SETLK, &l)); T(fcntl(other, F_OFD_SETLK, &l)); l.l_type = F_UNLCK; T(fcntl(fd, F_OFD_SETLK, &l)); l.l_type = F_WRLCK; T(fcntl(other, F_OFD_SETLK, &l));
  T(fcntl(fd, F_SETOWN, getpid())); IS(fcntl(fd, F_GETOWN) == getpid()); T(fcntl(p[0], F_GETPIPE_SZ)); T(fcntl(p[0], F_SETPIPE_SZ, 100)); T(fcntl(p[1], F_GETPIPE_SZ)); T(fcntl(fd, F_GETPIPE_SZ)); T(syscall(SYS_close_range, 10, 30, 0)); T(fcntl(20, F_GETFD)); T(syscall(SYS_close_range, 5, 3, 0));
}
