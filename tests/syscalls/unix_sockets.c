// AF_UNIX sockets: pairs, names, connections, packets, shutdown, what goes along with messages, and their errors.
#include "t.h"
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
static struct sockaddr_un named(const char *path, int length) { struct sockaddr_un a = {.sun_family = AF_UNIX}; memcpy(a.sun_path, path, length); return a; }
#define NAME(p) (struct sockaddr *)&(struct sockaddr_un[]){named(p, sizeof p)}[0], offsetof(struct sockaddr_un, sun_path) + sizeof p
static void events(int fd) { struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0}; poll(&p, 1, 0); printf("poll: %#x\n", p.revents); }
static void pass(int s, int fd, int flags) {
  char c[CMSG_SPACE(4)] = {0}; struct iovec v = {"x", 1}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c};
  struct cmsghdr *h = CMSG_FIRSTHDR(&m); h->cmsg_level = SOL_SOCKET; h->cmsg_type = SCM_RIGHTS; h->cmsg_len = CMSG_LEN(4); memcpy(CMSG_DATA(h), &fd, 4); T(sendmsg(s, &m, flags));
}
static int take(int s, int size, int flags) {
  char c[200] = {0}, b[100] = {0}; struct iovec v = {b, 100}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = size}; int fd = -1;
  T(recvmsg(s, &m, flags)); printf("flags %#x control %zu data %s\n", m.msg_flags & ~MSG_CMSG_CLOEXEC, m.msg_controllen, b);
  for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) { printf("level %d type %d length %zu\n", h->cmsg_level, h->cmsg_type, h->cmsg_len); if (h->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(h), 4); else { struct ucred *u = (void *)CMSG_DATA(h); printf("sender %d %d %d\n", u->pid == getpid(), u->uid, u->gid); } }
  return fd;
}
int main(void) {
  signal(SIGPIPE, SIG_IGN); int s[2], value; char b[300]; socklen_t n;
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, s)); events(s[0]); T(write(s[0], "hello", 5)); T(send(s[0], " world", 6, 0)); events(s[1]); T(ioctl(s[1], FIONREAD, &value)); printf("%d\n", value); T(recv(s[1], b, 3, MSG_PEEK)); T(recv(s[1], b, 300, 0)); printf("%.11s\n", b); T(recv(s[1], b, 1, MSG_DONTWAIT)); T(shutdown(s[0], SHUT_WR)); events(s[1]); T(read(s[1], b, 1)); T(write(s[0], "x", 1)); T(write(s[1], "back", 4)); T(read(s[0], b, 9)); close(s[0]); events(s[1]); T(send(s[1], "x", 1, MSG_NOSIGNAL)); T(shutdown(s[1], 9)); close(s[1]);
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, s)); write(s[0], "unread", 6); close(s[1]); events(s[0]); T(read(s[0], b, 1)); T(read(s[0], b, 1)); close(s[0]);
  T(socketpair(AF_UNIX, SOCK_DGRAM, 0, s)); write(s[0], "one", 3); write(s[0], "", 0); write(s[0], "three", 5); T(read(s[1], b, 2)); T(read(s[1], b, 300)); T(recv(s[1], b, 2, MSG_TRUNC)); T(recv(s[1], b, 2, MSG_DONTWAIT)); close(s[1]); T(write(s[0], "x", 1)); T(write(s[0], "x", 1)); close(s[0]);
  T(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s)); IS(fcntl(s[0], F_GETFD) == FD_CLOEXEC && (fcntl(s[0], F_GETFL) & O_NONBLOCK)); write(s[0], "ab", 2); write(s[0], "cd", 2); T(read(s[1], b, 9)); T(read(s[1], b, 1)); T(read(s[1], b, 1)); close(s[0]); T(read(s[1], b, 1)); close(s[1]);
  T(socketpair(AF_UNIX, 99, 0, s)); T(socketpair(AF_UNIX, SOCK_STREAM, 7, s)); T(socketpair(AF_UNIX, SOCK_STREAM, 0, 0)); T(socket(AF_UNIX, SOCK_STREAM | 0x100000, 0)); T(bind(1, NAME("x"))); T(listen(99, 1)); T(getsockname(0, 0, 0));
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0); events(l); T(read(l, b, 1)); T(write(l, b, 1)); T(listen(l, 5)); T(connect(c, NAME("sock"))); T(bind(l, NAME("sock"))); T(bind(l, NAME("other"))); T(bind(c, NAME("sock"))); struct stat st; T(stat("sock", &st)); IS(S_ISSOCK(st.st_mode)); T(open("sock", O_RDWR)); T(connect(c, NAME("sock"))); T(accept(l, 0, 0)); T(listen(l, 5)); T(connect(c, NAME("sock"))); T(connect(c, NAME("sock"))); events(l); n = sizeof(struct sockaddr_un); struct sockaddr_un a; int d = accept4(l, (struct sockaddr *)&a, &n, SOCK_CLOEXEC); IS(d > 0); printf("%d\n", n); n = sizeof a; T(getpeername(c, (struct sockaddr *)&a, &n)); printf("%s %d\n", a.sun_path, n); n = sizeof a; T(getsockname(c, (struct sockaddr *)&a, &n)); printf("%d\n", n); n = 4; T(getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &value, &n)); printf("%d\n", value); struct ucred u; n = sizeof u; T(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &u, &n)); IS(u.pid == getpid() && u.uid == geteuid()); T(getsockopt(c, SOL_SOCKET, 999, &u, &n)); T(setsockopt(c, SOL_SOCKET, 999, &u, n));
  write(d, "served", 6); T(recvfrom(c, b, 300, 0, 0, 0)); T(sendto(c, "x", 1, 0, NAME("sock"))); close(l); T(connect(socket(AF_UNIX, SOCK_STREAM, 0), NAME("sock"))); T(connect(socket(AF_UNIX, SOCK_STREAM, 0), NAME("/etc/passwd"))); unlink("sock"); close(d); T(read(c, b, 1));
  pid_t p; T(socketpair(AF_UNIX, SOCK_STREAM, 0, s)); if (!(p = fork())) { close(s[1]); char *big = calloc(1, 1000000); memset(big, 'q', 1000000); write(s[0], big, 1000000); _exit(0); } close(s[0]); long sum = 0, got; pause_ms(50); while ((got = read(s[1], b, 300)) > 0) sum += got; printf("%ld\n", sum); wait(0); close(s[1]);
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, s)); int f = open("file", O_RDWR | O_CREAT, 0600); write(f, "contents", 8); lseek(f, 2, 0); pass(s[0], f, 0); close(f); write(s[0], "more", 4); f = take(s[1], 200, MSG_CMSG_CLOEXEC); IS(fcntl(f, F_GETFD) == FD_CLOEXEC); T(read(f, b, 9)); take(s[1], 200, 0); pass(s[0], f, 0); take(s[1], 0, 0); pass(s[0], 999, 0); value = 1; T(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &value, 4)); write(s[0], "y", 1); take(s[1], 200, 0); int r[2]; pipe(r); pass(s[0], r[1], 0); close(r[1]); close(s[0]); close(s[1]); T(read(r[0], b, 1));
  int x = socket(AF_UNIX, SOCK_DGRAM, 0), y = socket(AF_UNIX, SOCK_DGRAM, 0); T(bind(x, NAME("\0abstract"))); T(bind(y, NAME("dgram"))); T(sendto(y, "to x", 4, 0, NAME("\0abstract"))); n = sizeof a; T(recvfrom(x, b, 300, 0, (struct sockaddr *)&a, &n)); printf("%s %d\n", a.sun_path, n); T(send(y, "x", 1, 0)); T(connect(y, NAME("\0abstract"))); T(send(y, "x", 1, 0)); T(sendto(y, "x", 1, 0, NAME("\0nobody"))); T(connect(x, (struct sockaddr *)&(struct sockaddr_un){AF_INET}, 16)); T(bind(socket(AF_UNIX, SOCK_DGRAM, 0), NAME("\0abstract"))); T(connect(socket(AF_UNIX, SOCK_STREAM, 0), NAME("\0abstract")));
}
