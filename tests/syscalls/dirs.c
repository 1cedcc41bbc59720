// mkdir, rmdir, getdents64, seekdir, rename of directories, deep paths.
#include "t.h"
#include <dirent.h>
static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static void list(const char *p) { DIR *d = opendir(p); if (!d) { printf("%s: %s\n", p, strerrorname_np(errno)); return; } char *n[500]; int c = 0; struct dirent *e;
  while ((e = readdir(d))) { n[c] = malloc(300); sprintf(n[c++], "%s/%d", e->d_name, e->d_type); } qsort(n, c, sizeof *n, compare); printf("%s:", p); for (int i = 0; i < c; i++) printf(" %s", n[i]); puts(""); closedir(d); }
int main(void) {
  T(mkdir("a", 0755)); T(mkdir("a/b", 0755)); T(mkdir("a/b/c", 0755)); T(mkdir("x/y", 0755)); T(mkdir("a", 0755)); T(mkdir("", 0755)); T(mkdir("a/.", 0755)); T(mkdir("n/", 0755)); T(mkdir("/", 0755));
  close(open("a/f", O_CREAT | O_WRONLY, 0644)); symlink("f", "a/l"); mkfifo("a/p", 0600); list("a"); list("a/b"); list("none"); list("a/f");
  T(rmdir("a")); T(rmdir("a/b/c")); T(rmdir("a/b/c")); T(rmdir("a/f")); T(rmdir("a/l")); T(rmdir("a/b/.")); T(rmdir("a/..")); T(rmdir("/"));
  T(rename("a/b", "moved")); list("a"); T(mkdir("t", 0755)); T(rename("moved", "t")); T(mkdir("t/in", 0755)); T(mkdir("m2", 0755)); T(rename("m2", "t")); T(rename("t", "t/in/t")); T(rename("a/f", "t")); T(rename("t", "a/f")); T(rename("t", "a/t")); list("a"); list("a/t");
  int fd = open("a", O_RDONLY | O_DIRECTORY); char buffer[4096]; long n, total = 0; while ((n = syscall(SYS_getdents64, fd, buffer, 64)) > 0) for (long i = 0; i < n; i += *(unsigned short *)(buffer + i + 16)) total++; printf("%ld entries in small pieces\n", total); T(syscall(SYS_getdents64, fd, buffer, 4096)); T(lseek(fd, 0, SEEK_SET)); IS(syscall(SYS_getdents64, fd, buffer, 4096) > 0); lseek(fd, 0, SEEK_SET); T(syscall(SYS_getdents64, fd, buffer, 1)); T(syscall(SYS_getdents64, fd, 8, 4096)); T(syscall(SYS_getdents64, 0, buffer, 4096));
  DIR *d = opendir("a"); readdir(d); readdir(d); long at = telldir(d); struct dirent *e = readdir(d); char first[300]; strcpy(first, e->d_name); readdir(d); seekdir(d, at); IS(strcmp(readdir(d)->d_name, first) == 0); rewinddir(d); int c = 0; while (readdir(d)) c++; printf("%d\n", c); closedir(d);
  d = opendir("."); close(open("later", O_CREAT, 0600)); c = 0; while ((e = readdir(d))) c += !strcmp(e->d_name, "a"); printf("%d\n", c); closedir(d);
  for (int i = 0; i < 100; i++) { char p[20]; sprintf(p, "a/t/%d", i); close(open(p, O_CREAT | O_WRONLY, 0600)); } d = opendir("a/t"); c = 0; while ((e = readdir(d))) { char p[300]; sprintf(p, "a/t/%s", e->d_name); if (e->d_type == DT_REG) { c++; unlink(p); } } closedir(d); printf("%d removed while reading\n", c); list("a/t");
  const char *places[] = {".", "a", "/usr/bin", "/etc"}; for (int i = 0; i < 4; i++) { int other = 0; DIR *d = opendir(places[i]); struct dirent *e; while ((e = readdir(d))) { struct stat s; if (strcmp(e->d_name, "..") && !fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW)) other += s.st_ino != e->d_ino || s.st_mode >> 12 != e->d_type; } closedir(d); printf("%s: %d entries with another number or type\n", places[i], other); }
  mkdir("gone", 0755); chdir("gone"); rmdir("../gone"); T(mkdir("x", 0755)); T(open("f", O_CREAT, 0600)); IS(getcwd(buffer, 100) == 0 && errno == ENOENT); T(chdir("..")); list("gone"); T(access("a", F_OK));
}
