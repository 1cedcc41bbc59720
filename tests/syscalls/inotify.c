// inotify: which events a change makes, on the file and on its directory, in which order; masks, one shot, limits.
#include "t.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <pthread.h>
static int in; static unsigned cookies[8]; static int seen_cookies;
static const struct { unsigned bit; const char *name; } BITS[] = {{IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"}, {IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {IN_OPEN, "OPEN"}, {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"}, {IN_CREATE, "CREATE"}, {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"}, {IN_UNMOUNT, "UNMOUNT"}, {IN_Q_OVERFLOW, "Q_OVERFLOW"}, {IN_IGNORED, "IGNORED"}, {IN_ISDIR, "ISDIR"}};
/* A cookie as the order in which it was first seen. */
static int cookie(unsigned c) { if (!c) return 0; for (int i = 0; i < seen_cookies; i++) if (cookies[i] == c) return i + 1; cookies[seen_cookies++ & 7] = c; return seen_cookies; }
static void show(const char *what) {
  char b[65536] __attribute__((aligned(8))); long n = read(in, b, sizeof b);
  printf("%s:%s%s", what, n < 0 ? " " : "", n < 0 ? strerrorname_np(errno) : ""); seen_cookies = 0;
  for (char *p = b; p < b + n;) {
    struct inotify_event *e = (void *)p; printf(" %d", e->wd);
    for (int i = 0; i < 16; i++) if (e->mask & BITS[i].bit) printf(",%s", BITS[i].name);
    if (e->cookie) printf(",cookie%d", cookie(e->cookie));
    if (e->len) printf("(%s %d)", e->name, e->len);
    p += sizeof *e + e->len;
  }
  puts("");
}
#define DO(...) do { __VA_ARGS__; show(#__VA_ARGS__); } while (0)
static void *later(void *path) { pause_ms(50); close(creat(path, 0600)); return 0; }
int main(void) {
  char b[200]; int fd, n = 0;
  T(inotify_init1(-1)); IS((in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) >= 0); T(fcntl(in, F_GETFL)); T(fcntl(in, F_GETFD)); T(read(in, b, 100)); T(write(in, b, 10)); T(lseek(in, 0, SEEK_SET));
  mkdir("d", 0700); mkdir("o", 0700); close(creat("d/f", 0600)); close(creat("plain", 0600)); symlink("d", "link");
  T(inotify_add_watch(in, "none", IN_ACCESS)); T(inotify_add_watch(in, "d", 0)); T(inotify_add_watch(in, "d", IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN)); T(inotify_add_watch(in, "plain", IN_ONLYDIR | IN_OPEN)); T(inotify_add_watch(99, "d", IN_OPEN)); T(inotify_add_watch(1, "d", IN_OPEN)); T(inotify_add_watch(in, (char *)8, IN_OPEN)); T(inotify_rm_watch(in, 1)); T(inotify_rm_watch(99, 1)); T(inotify_rm_watch(1, 1));
  T(inotify_add_watch(in, "d", IN_ALL_EVENTS)); T(inotify_add_watch(in, "d/f", IN_ALL_EVENTS)); T(inotify_add_watch(in, "link", IN_ALL_EVENTS)); T(inotify_add_watch(in, "d", IN_MASK_CREATE | IN_OPEN)); T(inotify_add_watch(in, "link", IN_DONT_FOLLOW | IN_ALL_EVENTS));
  DO(fd = open("d/f", O_RDWR)); DO(write(fd, "hello", 5)); DO(pread(fd, b, 3, 0)); DO(read(fd, b, 5)); DO(write(fd, "", 0)); DO(ftruncate(fd, 2)); DO(fchmod(fd, 0640)); DO(fchown(fd, 0, 0)); DO(futimens(fd, 0)); DO(fallocate(fd, 0, 0, 100)); DO(fsync(fd)); DO(mmap(0, 4096, 3, MAP_SHARED, fd, 0)); DO(fsetxattr(fd, "user.a", "v", 1, 0) == 0 || fchmod(fd, 0640)); DO(close(dup(fd))); DO(close(fd));
  DO(munmap(0, 4096)); DO(truncate("d/f", 10)); DO(chmod("d/f", 0600)); struct timespec t[2] = {{1, 0}, {0, UTIME_OMIT}}; DO(utimensat(AT_FDCWD, "d/f", t, 0)); t[0].tv_nsec = UTIME_OMIT; t[1].tv_nsec = 0; DO(utimensat(AT_FDCWD, "d/f", t, 0)); DO(stat("d/f", (struct stat *)b)); DO(readlink("link", b, 100)); DO(lchown("link", 0, 0));
  DO(close(creat("d/new", 0600))); DO(mkdir("d/sub", 0700)); DO(symlink("x", "d/sym")); DO(mkfifo("d/fifo", 0600)); DO(link("d/f", "d/hard")); DO(link("d/f", "hard2")); DO(unlink("d/hard")); DO(unlink("hard2")); DO(rename("d/new", "d/new2")); DO(rename("d/new2", "o/out")); DO(rename("o/out", "d/back")); DO(rename("d/sub", "d/sub2")); DO(rmdir("d/sub2")); DO(unlink("d/sym"); unlink("d/fifo")); DO(close(open("d/f", O_RDONLY))); DO(close(open("d", O_RDONLY | O_DIRECTORY))); DO(system("ls d > /dev/null")); DO(chmod("d", 0755)); DO(close(open("d/f", O_PATH)));
  DO(int s = open("plain", O_RDWR); write(s, "abc", 3); int f = open("d/f", O_WRONLY); off_t z = 0; sendfile(f, s, &z, 3); close(s); close(f)); DO(int f = open("d/f", O_RDWR); loff_t y = 0, z = 50; copy_file_range(f, &y, f, &z, 3, 0); close(f));
  DO(rename("d/back", "d/f")); /* replaces a watched file */ DO(unlink("d/f")); T(inotify_rm_watch(in, 2));
  close(creat("d/g", 0600)); show("made"); IS((n = inotify_add_watch(in, "d/g", IN_ALL_EVENTS)) > 0); fd = open("d/g", O_RDWR); show("opened"); DO(unlink("d/g")); DO(write(fd, "x", 1)); DO(close(fd));
  close(creat("d/h", 0600)); show("made"); inotify_add_watch(in, "d/h", IN_ALL_EVENTS); DO(unlink("d/h")); close(creat("d/i", 0600)); close(creat("d/j", 0600)); show("made"); inotify_add_watch(in, "d/i", IN_DELETE_SELF | IN_MOVE_SELF); inotify_add_watch(in, "d/j", IN_DELETE_SELF | IN_MOVE_SELF); DO(rename("d/j", "d/i"));
  mkdir("d/s", 0700); show("made"); inotify_add_watch(in, "d/s", IN_ALL_EVENTS); DO(rename("d/s", "o/s")); DO(rename("o/s", "d/s")); DO(rmdir("d/s"));
  T(inotify_add_watch(in, "plain", IN_OPEN)); DO(close(open("plain", O_RDONLY))); n = inotify_add_watch(in, "plain", IN_MASK_ADD | IN_CLOSE_NOWRITE); DO(close(open("plain", O_RDONLY))); DO(inotify_add_watch(in, "plain", IN_ATTRIB)); DO(close(open("plain", O_RDONLY))); DO(chmod("plain", 0611)); DO(inotify_rm_watch(in, n)); DO(chmod("plain", 0600)); T(inotify_rm_watch(in, n));
  n = inotify_add_watch(in, "plain", IN_ONESHOT | IN_OPEN); DO(close(open("plain", O_RDONLY))); DO(close(open("plain", O_RDONLY))); T(inotify_rm_watch(in, n));
  n = inotify_add_watch(in, "d", IN_EXCL_UNLINK | IN_OPEN | IN_CLOSE | IN_MODIFY | IN_DELETE); fd = creat("d/gone", 0600); DO(unlink("d/gone")); DO(write(fd, "x", 1)); DO(close(fd));
  fd = creat("plain", 0600); n = inotify_add_watch(in, "plain", IN_MODIFY | IN_ATTRIB); DO(write(fd, "x", 1); write(fd, "y", 1); fchmod(fd, 0600); write(fd, "z", 1)); close(fd); /* equal neighbours are one */
  fd = open("plain", O_WRONLY); write(fd, "x", 1); T(read(in, b, 10)); IS(ioctl(in, FIONREAD, &n) == 0 && n == sizeof(struct inotify_event)); struct pollfd p = {in, POLLIN | POLLOUT}; T(poll(&p, 1, 0)); printf("%x\n", p.revents); show("one"); T(poll(&p, 1, 0)); close(fd);
  close(creat("d/a", 0600)); close(creat("d/long name of more than sixteen bytes", 0600)); long got = read(in, b, 40); printf("%ld of several\n", got); show("the rest");
  in = inotify_init(); n = inotify_add_watch(in, "d", IN_CREATE); pthread_t th; pthread_create(&th, 0, later, "d/later"); show("waited"); pthread_join(th, 0); T(poll(&p, 1, 0));
  int pid = fork(); if (!pid) { close(creat("d/child", 0600)); _exit(0); } waitpid(pid, 0, 0); show("a child's"); inotify_rm_watch(in, n); show("removed"); n = inotify_add_watch(in, "d", IN_CREATE); printf("next %d\n", n);
  int max = 0; FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r"); fscanf(f, "%d", &max); IS(max > 100); inotify_add_watch(in, "plain", IN_MODIFY | IN_ATTRIB); fd = open("plain", O_WRONLY); for (int i = 0; i < max; i++) { write(fd, "x", 1); fchmod(fd, 0600); } long total = 0, over = 0; fcntl(in, F_SETFL, O_NONBLOCK); char big[4096]; while ((got = read(in, big, sizeof big)) > 0) for (char *q = big; q < big + got; q += 16) { total++; struct inotify_event *e = (void *)q; if (e->mask & IN_Q_OVERFLOW) over += e->wd == -1; } printf("%d %ld\n", total == max + 1, over);
}
