// stat, fstat, lstat, statx, statfs, chmod, chown, umask, times.
#include "t.h"
#include <sys/statfs.h>
#include <sys/sysmacros.h>
static void show(const char *p) { struct stat s; if (lstat(p, &s)) { printf("%s %s\n", p, strerrorname_np(errno)); return; }
  printf("%s mode %o links %lu uid %d gid %d size %ld blksize %ld rdev %u:%u\n", p, s.st_mode, (unsigned long)s.st_nlink, s.st_uid, s.st_gid, S_ISDIR(s.st_mode) ? 0 : (long)s.st_size, (long)s.st_blksize, major(s.st_rdev), minor(s.st_rdev)); }
int main(void) {
  umask(022); int fd = open("f", O_RDWR | O_CREAT, 0666); write(fd, "12345", 5); mkdir("d", 0777); mkdir("d/e", 0777); symlink("f", "l"); link("f", "h"); mkfifo("p", 0666);
  show("f"); show("d"); show("l"); show("h"); show("p"); show("/dev/null"); show("/dev/zero"); show("none");
  T(umask(0)); T(umask(077)); T(open("g", O_CREAT | O_WRONLY, 0777)); show("g"); T(mkdir("m", 01777)); show("m");
  T(chmod("f", 04755)); show("f"); T(fchmod(fd, 0640)); show("f"); T(chmod("l", 0600)); show("f"); show("l"); T(chmod("none", 0)); T(chmod("f", 07777)); show("f");
  T(chown("f", 10, 20)); show("f"); T(chown("f", -1, 21)); show("f"); T(fchown(fd, 0, 0)); T(lchown("l", 5, 6)); show("l"); T(chmod("f", 06755)); T(chown("f", 1, 1)); show("f");
  struct statx x; T(statx(AT_FDCWD, "f", 0, STATX_ALL, &x)); printf("%o %lu %u %u %u %d\n", x.stx_mode, (unsigned long)x.stx_size, x.stx_nlink, x.stx_uid, x.stx_gid, (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS); T(statx(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x)); printf("%o\n", x.stx_mode & S_IFMT); T(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x)); T(statx(AT_FDCWD, "f", 0, 0x80000000, &x)); T(statx(AT_FDCWD, "f", 0x8000000, 0, &x));
  struct stat a, b; stat("f", &a); pause_ms(20); write(fd, "x", 1); fstat(fd, &b); IS(b.st_mtim.tv_sec > a.st_mtim.tv_sec || b.st_mtim.tv_nsec > a.st_mtim.tv_nsec); IS(a.st_ino == b.st_ino); stat("h", &a); IS(a.st_ino == b.st_ino); stat("d", &a); IS(a.st_ino != b.st_ino); IS(a.st_dev == b.st_dev);
  pause_ms(20); stat("d", &a); close(open("d/x", O_CREAT | O_WRONLY, 0600)); stat("d", &b); IS(b.st_mtim.tv_nsec != a.st_mtim.tv_nsec); pause_ms(20); stat("f", &a); chmod("f", 0600); stat("f", &b); IS(b.st_ctim.tv_nsec != a.st_ctim.tv_nsec); IS(b.st_mtim.tv_nsec == a.st_mtim.tv_nsec);
  struct timespec t[2] = {{1000000000, 123456789}, {1600000000, 987654321}}; T(utimensat(AT_FDCWD, "f", t, 0)); stat("f", &a); printf("%ld.%09ld %ld.%09ld\n", a.st_atim.tv_sec, a.st_atim.tv_nsec, a.st_mtim.tv_sec, a.st_mtim.tv_nsec); t[0].tv_nsec = UTIME_OMIT; t[1].tv_nsec = 999999999; T(utimensat(AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW)); lstat("l", &a); printf("%09ld\n", a.st_mtim.tv_nsec); link("f", "k"); stat("k", &b); stat("f", &a); IS(!memcmp(&a.st_mtim, &b.st_mtim, 32)); write(fd, "y", 1); fstat(fd, &b); IS(b.st_mtim.tv_sec > a.st_mtim.tv_sec && b.st_ctim.tv_sec >= a.st_ctim.tv_sec); unlink("k");
  struct statfs v; T(statfs(".", &v)); IS(v.f_bsize > 0 && v.f_namelen == 255); T(statfs("/proc", &v)); printf("%lx\n", (long)v.f_type); T(statfs("none", &v)); T(fstatfs(99, &v)); T(stat((char *)8, &a)); T(stat("f", (struct stat *)8)); T(fstat(99, &a));
  printf("%ld\n", (long)pathconf(".", _PC_NAME_MAX));
  char name[50] = {0}, us[32]; long n = syscall(SYS_sysfs, 1, "proc"); IS(n >= 0); T(syscall(SYS_sysfs, 2, n, name)); puts(name); IS(syscall(SYS_sysfs, 3) > n); T(syscall(SYS_sysfs, 1, "nosuch")); T(syscall(SYS_sysfs, 2, 9999, name)); T(syscall(SYS_sysfs, 4)); T(syscall(SYS_sysfs, 1, 8)); struct stat root; stat("/proc", &root); T(syscall(SYS_ustat, (unsigned)root.st_dev, us)); T(syscall(SYS_ustat, -1, us)); T(syscall(SYS_ustat, (unsigned)root.st_dev, 8));
}
