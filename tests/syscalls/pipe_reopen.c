// Pipes without a name opened once more through /proc/self/fd, as bash's <(…) and >(…) are.
#include "t.h"
#include <poll.h>
int main(void) {
  int p[2], q[2]; char reader[40], writer[40], b[9]; pipe(p); pipe(q); sprintf(reader, "/proc/self/fd/%d", p[0]); sprintf(writer, "/proc/self/fd/%d", q[1]);
  T(write(p[1], "abc", 3)); int r = open(reader, O_RDONLY); T(read(r, b, 1)); T(read(p[0], b, 9)); int w = open(reader, O_WRONLY | O_NONBLOCK); T(write(w, "x", 1)); T(read(r, b, 9)); T(fcntl(w, F_GETFL) & O_NONBLOCK); T(fcntl(p[1], F_GETFL) & O_NONBLOCK); close(w);
  close(p[1]); int n = open(reader, O_RDONLY | O_NONBLOCK); struct pollfd f = {n, POLLIN, 0}; T(poll(&f, 1, 0)); printf("%x\n", f.revents); T(read(n, b, 9)); n = open(reader, O_RDONLY); T(read(n, b, 9));
  signal(SIGPIPE, SIG_IGN); close(q[0]); w = open(writer, O_WRONLY | O_NONBLOCK); T(w > 0); T(write(w, "x", 1)); w = open(writer, O_WRONLY); T(w > 0); T(write(w, "x", 1));
}
