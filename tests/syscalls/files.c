// open, read, write, lseek, pread, truncate, fsync, O_* flags.
#include "t.h"
int main(void) {
  char b[100] = {0};
  T(open("f", O_RDONLY));
  T(open("f", O_WRONLY | O_CREAT | O_EXCL, 0640));
  T(open("f", O_WRONLY | O_CREAT | O_EXCL, 0640));
  T(write(3, "hello world", 11));
  T(read(3, b, 1));
  T(lseek(3, 0, SEEK_CUR)); T(lseek(3, -5, SEEK_END)); T(lseek(3, -1, SEEK_SET)); T(lseek(3, 0, 99)); T(lseek(3, 100, SEEK_SET));
  T(write(3, "x", 1));
  T(close(3)); T(close(3));
  T(open("f", O_RDWR)); T(pread(3, b, 5, 6)); printf("%.5s\n", b); T(pwrite(3, "WORLD", 5, 6)); T(pread(3, b, 100, 0)); printf("%.11s\n", b);
  T(pread(3, b, 5, -1)); T(read(3, (void *)8, 5)); T(write(3, (void *)8, 5)); T(read(99, b, 1));
  T(ftruncate(3, 5)); T(read(3, b, 100)); T(read(3, b, 100)); T(ftruncate(3, -1)); T(ftruncate(3, 8)); T(lseek(3, 0, SEEK_END));
  T(truncate("f", 3)); T(truncate("none", 3)); T(truncate(".", 3)); T(fsync(3)); T(fdatasync(3)); T(fsync(99));
  T(open("f", O_WRONLY | O_APPEND)); T(lseek(4, 0, SEEK_SET)); T(write(4, "app", 3)); T(lseek(4, 0, SEEK_CUR));
  T(open("f", O_WRONLY | O_TRUNC)); T(lseek(5, 0, SEEK_END));
  T(open(".", O_RDONLY)); T(read(6, b, 1)); T(open(".", O_WRONLY)); T(open(".", O_RDONLY | O_DIRECTORY)); T(open("f", O_DIRECTORY));
  T(open("f/x", O_RDONLY)); T(open("none/x", O_RDONLY | O_CREAT, 0600)); T(open("", O_RDONLY)); T(open((char *)8, O_RDONLY));
  T(symlink("f", "l")); T(open("l", O_RDONLY | O_NOFOLLOW)); T(open("l", O_PATH | O_NOFOLLOW)); T(read(8, b, 1)); T(symlink("loop", "loop")); T(open("loop", O_RDONLY));
  T(open("l/", O_RDONLY)); T(open("f/", O_RDONLY)); T(open("new/", O_RDONLY | O_CREAT, 0600));
  char name[300]; memset(name, 'n', 299); name[299] = 0; T(open(name, O_RDONLY | O_CREAT, 0600)); name[255] = 0; T(open(name, O_RDONLY | O_CREAT, 0600)); unlink(name);
  int tmp = open(".", O_TMPFILE | O_RDWR, 0600); IS(tmp >= 0 || errno == EOPNOTSUPP || errno == EISDIR); if (tmp >= 0) close(tmp);
  T(creat("c", 0777)); struct stat s; T(stat("c", &s)); printf("%o\n", s.st_mode); T(unlink("c")); T(unlink("c")); T(unlink("."));
  T(syscall(SYS_open, "f", O_RDWR | O_CREAT, 0)); T(dup(99)); T(access("f", R_OK)); T(access("none", F_OK)); T(access("f", X_OK)); T(access("f", 99));
  int fd = open("gone", O_RDWR | O_CREAT, 0600); unlink("gone"); T(write(fd, "still", 5)); T(pread(fd, b, 5, 0)); T(fstat(fd, &s)); printf("%lu\n", (unsigned long)s.st_nlink);
}
