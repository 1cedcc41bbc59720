// io_setup, io_submit, io_getevents, io_destroy: what is refused, what is answered, who is told. And remap_file_pages.
#include "t.h"
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>
#define setup(n, c) syscall(SYS_io_setup, n, c)
#define submit(c, n, l) syscall(SYS_io_submit, c, n, l)
#define events(c, a, b, e, t) syscall(SYS_io_getevents, c, a, b, e, t)
#define destroy(c) syscall(SYS_io_destroy, c)
static void show(struct io_event *e, long n) { for (long i = 0; i < n; i++) printf("  %llx %lld %lld\n", (unsigned long long)e[i].data, (long long)e[i].res, (long long)e[i].res2); }
int main(void) {
  aio_context_t c = 0, bad = 1; char b[8192] = "hello, aio", r[100] = {0}; int fd = open("f", O_RDWR | O_CREAT, 0600), ro = open("f", O_RDONLY), efd = eventfd(0, EFD_NONBLOCK);
  T(setup(0, &c)); T(setup(10, &bad)); T(setup(10, 8)); T(setup(-1, &c)); T(setup(10, &c)); IS(c != 0); T(destroy(0)); T(destroy(12345)); struct timespec none = {0, 0}, some = {0, 50000000}; struct io_event e[20];
  struct iovec v[2] = {{r, 3}, {r + 10, 5}};
  struct iocb w = {.aio_data = 1, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (long)b, .aio_nbytes = 10, .aio_offset = 3, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = efd}, rd = {.aio_data = 2, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (long)r, .aio_nbytes = 50}, rv = {.aio_data = 3, .aio_lio_opcode = IOCB_CMD_PREADV, .aio_fildes = fd, .aio_buf = (long)v, .aio_nbytes = 2, .aio_offset = 3}, sync = {.aio_data = 4, .aio_lio_opcode = IOCB_CMD_FSYNC, .aio_fildes = fd}, fault = {.aio_data = 5, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = 8, .aio_nbytes = 5};
  struct iocb *list[] = {&w, &rd, &rv}; T(submit(c, 0, list)); T(submit(c, -1, list)); T(submit(bad, 1, list)); T(submit(c, 1, 8)); T(submit(c, 1, list)); T(events(c, 1, 20, e, 0)); show(e, 1); T(submit(c, 2, list + 1)); T(events(c, 2, 20, e, 0)); show(e, 2); printf("[%.3s] [%.5s]\n", r, r + 10); uint64_t n = 0; T(read(efd, &n, 8)); printf("%ld\n", (long)n);
  /* an answer may fill the counter, which a write may not */ n = -2; T(write(efd, &n, 8)); struct pollfd pf = {efd, POLLIN | POLLOUT}; T(submit(c, 1, list)); T(events(c, 1, 20, e, 0)); T(poll(&pf, 1, 0)); printf("%x\n", pf.revents); T(read(efd, &n, 8)); IS(n == (uint64_t)-1);
  struct iocb *more[] = {&sync, &fault}; T(submit(c, 1, more)); T(events(c, 1, 1, e, &some)); T(submit(c, 1, more + 1)); T(events(c, 1, 1, e, &some)); show(e, 1); T(events(c, 0, 20, e, 0)); T(events(c, 2, 1, e, 0)); T(events(c, -1, 1, e, 0)); T(events(c, 1, 1, e, &none)); T(events(bad, 1, 1, e, &none)); double t = now(); T(events(c, 1, 1, e, &some)); IS(now() - t >= 0.049);
  w.aio_fildes = ro; T(submit(c, 1, list)); w.aio_fildes = 99; T(submit(c, 1, list)); w.aio_fildes = fd; w.aio_resfd = fd; T(submit(c, 1, list)); w.aio_resfd = 99; T(submit(c, 1, list)); w.aio_flags = 0; w.aio_lio_opcode = 77; T(submit(c, 1, list)); w.aio_lio_opcode = IOCB_CMD_PWRITE; w.aio_nbytes = -1; T(submit(c, 1, list)); w.aio_nbytes = 1; w.aio_reserved2 = 1; T(submit(c, 1, list)); w.aio_reserved2 = 0; struct iocb *mixed[] = {&w, &fault, (void *)8, &rd}; T(submit(c, 4, mixed)); T(events(c, 0, 20, e, &none)); show(e, 2);
  T(submit(c, 1, list)); int pid = fork(); if (!pid) { T(events(c, 1, 1, e, &none)); _exit(0); } wait(0); T(events(c, 1, 1, e, 0)); T(destroy(c)); T(destroy(c)); T(submit(c, 1, list));
  for (int i = 0; i < 3; i++) { memset(b, 'a' + i, 4096); pwrite(fd, b, 4096, i * 4096); } char *p = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); T(remap_file_pages(p, 4096, 0, 2, 0)); T(remap_file_pages(p + 8192, 4096, 0, 0, 0)); printf("%c%c%c\n", p[0], p[4096], p[8192]); p[0] = 'X'; pread(fd, b, 1, 8192); printf("%c\n", b[0]); T(remap_file_pages(p, 4096, PROT_READ, 0, 0)); p = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0); T(remap_file_pages(p, 4096, 0, 1, 0)); T(remap_file_pages((void *)0x1000, 4096, 0, 0, 0));
}
