// lseek SEEK_DATA and SEEK_HOLE, fallocate, copy_file_range, sendfile, readv/writev and their p and 2 forms.
#include "t.h"
#include <sys/sendfile.h>
int main(void) {
  char b[200] = {0}, c[50] = {0}; int fd = open("f", O_RDWR | O_CREAT, 0600);
  struct iovec v[3] = {{"one ", 4}, {"", 0}, {"two", 3}}; T(writev(fd, v, 3)); T(writev(fd, v, 0)); T(writev(fd, v, -1)); T(writev(fd, v, 1025)); v[0].iov_base = b; v[2].iov_base = c; T(preadv(fd, v, 3, 0)); printf("%.4s|%.3s\n", b, c); T(pwritev(fd, v, 3, 100)); T(lseek(fd, 0, SEEK_END)); T(preadv2(fd, v, 3, 100, 0)); T(preadv2(fd, v, 3, 100, 0x4000)); T(pwritev2(fd, v, 1, -1, RWF_APPEND)); T(readv(fd, v, 3)); v[0].iov_base = (void *)8; T(preadv(fd, v, 3, 0)); v[1].iov_len = -1; T(preadv(fd, v, 3, 0));
  int h = open("h", O_RDWR | O_CREAT, 0600); T(ftruncate(h, 1 << 20)); T(pwrite(h, "x", 1, 500000)); IS(lseek(h, 0, SEEK_DATA) <= 500000); IS(lseek(h, 0, SEEK_HOLE) <= (1 << 20)); T(lseek(h, 1 << 20, SEEK_DATA)); T(lseek(h, 1 << 20, SEEK_HOLE)); T(lseek(h, 500000, SEEK_DATA));
  T(fallocate(h, 0, 0, 2 << 20)); T(lseek(h, 0, SEEK_END)); T(fallocate(h, FALLOC_FL_KEEP_SIZE, 0, 3 << 20)); T(lseek(h, 0, SEEK_END)); T(pwrite(h, "abcdef", 6, 4096)); T(fallocate(h, -1, 0, 10)); T(fallocate(h, 0, -1, 10)); T(fallocate(h, 0, 0, 0)); T(posix_fallocate(h, 0, 100)); T(posix_fadvise(h, 0, 0, POSIX_FADV_DONTNEED));
  off_t in = 0; int o = open("o", O_RDWR | O_CREAT, 0600); T(sendfile(o, fd, &in, 5)); printf("%ld\n", (long)in); T(lseek(fd, 0, SEEK_SET)); T(sendfile(o, fd, 0, 1000)); T(lseek(fd, 0, SEEK_CUR)); T(sendfile(99, fd, 0, 1)); int p[2]; pipe(p); in = 0; T(sendfile(p[1], fd, &in, 7)); T(read(p[0], b, 200)); printf("%.7s\n", b);
  loff_t a = 0, z = 50; T(copy_file_range(fd, &a, o, &z, 7, 0)); printf("%ld %ld\n", (long)a, (long)z); T(pread(o, b, 7, 50)); printf("%.7s\n", b); T(copy_file_range(fd, &a, o, &z, 10, 1)); a = 100000; T(copy_file_range(fd, &a, o, &z, 10, 0)); T(copy_file_range(p[0], 0, o, 0, 10, 0));
  T(lseek(p[0], 0, SEEK_CUR)); T(pread(p[0], b, 1, 0)); T(ftruncate(p[0], 1)); T(fsync(p[0])); ftruncate(h, 100);
}
