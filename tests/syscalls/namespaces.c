// /proc/PID/ns: what the links say, and what is behind them.
#include "t.h"
#include <sys/statfs.h>
#include <linux/nsfs.h>
#include <sched.h>
int main(void) {
  static const char *names[] = {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts"};
  for (int i = 0; i < 10; i++) {
    char path[50], text[50] = {0}, via[50], again[50] = {0}; struct stat s, l; struct statfs f;
    sprintf(path, "/proc/self/ns/%s", names[i]); readlink(path, text, 49); int fd = open(path, O_RDONLY); IS(fd >= 0); fstat(fd, &s); stat(path, &l); sprintf(via, "/proc/self/fd/%d", fd); readlink(via, again, 49);
    printf("%s: %.*s mode %o, %d\n", names[i], (int)(strchr(text, '[') - text), text, s.st_mode, s.st_ino == l.st_ino && s.st_dev == l.st_dev && s.st_ino == strtoul(strchr(text, '[') + 1, 0, 10)); IS(!strcmp(text, again)); fstatfs(fd, &f); printf("%lx %d\n", f.f_type, ioctl(fd, NS_GET_NSTYPE)); char c; T(read(fd, &c, 1)); T(lseek(fd, 0, SEEK_SET)); unsigned u = 9; T(ioctl(fd, NS_GET_OWNER_UID, &u)); printf("%u\n", u); OK(ioctl(fd, NS_GET_PARENT)); int owner = ioctl(fd, NS_GET_USERNS); printf("owner %s %d %d\n", owner < 0 ? strerrorname_np(errno) : "", owner < 0 ? 0 : ioctl(owner, NS_GET_NSTYPE), owner < 0 ? 0 : fcntl(owner, F_GETFD)); close(owner); T(ioctl(fd, TCGETS, &u)); OK(open(path, O_RDWR)); OK(open(path, O_RDONLY | O_NOFOLLOW)); close(fd);
  }
}
