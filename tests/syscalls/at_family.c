// openat, mkdirat, linkat, symlinkat, renameat2, unlinkat, fstatat, faccessat2, fchmodat, readlinkat, utimensat, mknodat.
#include "t.h"
#include <linux/openat2.h>
int main(void) {
  char b[100]; struct stat s;
  T(mkdirat(AT_FDCWD, "d", 0755)); T(mkdirat(AT_FDCWD, "d", 0755)); T(open("d", O_RDONLY | O_DIRECTORY));
  T(openat(3, "f", O_RDWR | O_CREAT, 0644)); T(write(4, "abc", 3)); T(openat(4, "x", O_RDONLY)); T(openat(99, "x", O_RDONLY)); OK(openat(99, "/etc/hostname", O_RDONLY)); close(5);
  T(mkdirat(3, "sub", 0700)); T(mkdirat(3, "none/sub", 0700)); T(mkdirat(3, "sub/", 0700));
  T(symlinkat("f", 3, "l")); T(readlinkat(3, "l", b, 100)); T(readlinkat(3, "l", b, 0)); T(readlinkat(3, "f", b, 100)); T(readlinkat(3, "l", b, 1));
  T(linkat(3, "f", 3, "h", 0)); T(linkat(3, "l", 3, "hl", 0)); T(linkat(3, "l", 3, "hf", AT_SYMLINK_FOLLOW)); T(linkat(3, "sub", 3, "hs", 0)); T(linkat(3, "f", 3, "h", 0)); T(linkat(4, "", AT_FDCWD, "byfd", AT_EMPTY_PATH));
  T(fstatat(3, "l", &s, AT_SYMLINK_NOFOLLOW)); printf("%o\n", s.st_mode & S_IFMT); T(fstatat(3, "l", &s, 0)); printf("%o %lu\n", s.st_mode & S_IFMT, (unsigned long)s.st_nlink); T(fstatat(4, "", &s, AT_EMPTY_PATH)); T(fstatat(4, "", &s, 0)); T(fstatat(3, "f", &s, 0x10000000));
  T(faccessat(3, "f", R_OK, 0)); T(syscall(SYS_faccessat2, 3, "l", R_OK, AT_SYMLINK_NOFOLLOW)); T(syscall(SYS_faccessat2, 3, "f", R_OK, 0x40));
  T(fchmodat(3, "f", 0600, 0)); T(fstatat(3, "f", &s, 0)); printf("%o\n", s.st_mode); T(fchownat(3, "l", 1, 2, AT_SYMLINK_NOFOLLOW)); T(fstatat(3, "l", &s, AT_SYMLINK_NOFOLLOW)); printf("%d:%d\n", s.st_uid, s.st_gid);
  T(renameat(3, "h", 3, "r")); T(syscall(SYS_renameat2, 3, "r", 3, "f", 1)); T(syscall(SYS_renameat2, 3, "r", 3, "sub", 2)); T(fstatat(3, "r", &s, 0)); printf("%o\n", s.st_mode & S_IFMT); T(syscall(SYS_renameat2, 3, "r", 3, "none", 2)); T(syscall(SYS_renameat2, 3, "r", 3, "x", 3));
  T(renameat(3, "f", 3, "r")); T(renameat(3, "r", 3, "f")); T(renameat(3, "none", 3, "x")); T(renameat(3, "r", 3, "r/in")); T(renameat(3, "l", 3, "l")); T(renameat(3, "f", 3, "hf"));
  T(unlinkat(3, "r", 0)); T(unlinkat(3, "r", AT_REMOVEDIR)); T(unlinkat(3, "f", AT_REMOVEDIR)); T(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR)); T(unlinkat(3, "f", 0x8)); T(unlinkat(3, ".", AT_REMOVEDIR)); T(unlinkat(3, "..", AT_REMOVEDIR));
  struct timespec t[2] = {{1000, 500000000}, {2000, 600000000}}; T(utimensat(3, "f", t, 0)); T(fstatat(3, "f", &s, 0)); printf("%ld.%ld %ld.%ld\n", s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  t[0].tv_nsec = UTIME_OMIT; t[1].tv_nsec = UTIME_OMIT; T(utimensat(3, "f", t, 0)); T(fstatat(3, "f", &s, 0)); printf("%ld\n", s.st_mtim.tv_sec); t[1].tv_nsec = 2000000000; T(utimensat(3, "f", t, 0)); T(utimensat(3, "none", 0, 0)); T(futimens(4, 0));
  T(mknodat(3, "fifo", S_IFIFO | 0600, 0)); T(fstatat(3, "fifo", &s, 0)); printf("%o\n", s.st_mode); T(mknodat(3, "reg", S_IFREG | 0644, 0)); T(mknodat(3, "reg", S_IFREG, 0)); T(mknodat(3, "dir", S_IFDIR, 0));
  struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH}; OK(syscall(SYS_openat2, 3, "f", &how, sizeof how)); T(syscall(SYS_openat2, 3, "../x", &how, sizeof how)); T(syscall(SYS_openat2, 3, "/etc", &how, sizeof how)); how.resolve = RESOLVE_NO_SYMLINKS; T(syscall(SYS_openat2, 3, "l", &how, sizeof how)); how.resolve = RESOLVE_IN_ROOT; OK(syscall(SYS_openat2, 3, "/f", &how, sizeof how)); how.flags = ~0ULL; T(syscall(SYS_openat2, 3, "f", &how, sizeof how)); T(syscall(SYS_openat2, 3, "f", &how, 4));
  T(fchdir(3)); T(access("f", F_OK)); T(fchdir(4)); T(chdir("none")); T(chdir("f")); T(chdir(".."));
  IS(getcwd(b, sizeof b) == b); T(syscall(SYS_getcwd, b, 1));
}
