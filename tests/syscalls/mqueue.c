// mq_open and its relatives: names, attributes, priorities, full and empty queues, time-outs, notification, permissions.
#include "t.h"
#include <mqueue.h>
#include <poll.h>

static char name[40], text[9000];
static volatile sig_atomic_t got;
static siginfo_t last;
static void handler(int signo, siginfo_t *info, void *context) {
  got++;
  last = *info;
}
static void take(mqd_t queue) {
  unsigned priority = 99;
  memset(text, 0, sizeof text);
  errno = 0;
  long n = mq_receive(queue, text, sizeof text, &priority);
  printf("%ld %s priority %u \"%s\"\n", n, n < 0 ? strerrorname_np(errno) : "", priority, text);
}
static void show(mqd_t queue) {
  struct mq_attr a;
  T(mq_getattr(queue, &a));
  printf("flags %lo, %ld of %ld messages, %ld bytes\n", a.mq_flags, a.mq_curmsgs, a.mq_maxmsg, a.mq_msgsize);
}
static struct timespec in_ms(long ms) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

int main(void) {
  int status;
  struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 100};
  umask(022);
  snprintf(name, sizeof name, "/denix-test-%d", getpid());
  T(mq_open(name, O_RDWR)); T(mq_unlink(name)); T(mq_open("/a/b", O_CREAT | O_RDWR, 0600, 0)); T(mq_open("/..", O_CREAT | O_RDWR, 0600, 0));
  memset(text, 'x', 300); text[0] = '/'; T(mq_open(text, O_CREAT | O_RDWR, 0600, 0));
  a.mq_maxmsg = 0; T(mq_open(name, O_CREAT | O_RDWR, 0600, &a)); a.mq_maxmsg = 65537; T(mq_open(name, O_CREAT | O_RDWR, 0600, &a));
  a.mq_maxmsg = 3; a.mq_msgsize = -1; T(mq_open(name, O_CREAT | O_RDWR, 0600, &a)); a.mq_msgsize = 100;
  mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0666, &a);
  IS(queue >= 0); IS(fcntl(queue, F_GETFD) == FD_CLOEXEC);
  T(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, 0));
  show(queue);
  struct stat s;
  T(fstat(queue, &s)); printf("%o %ld %ld\n", s.st_mode, (long)s.st_size, (long)s.st_nlink);
  T(mq_send(queue, "low", 4, 1)); T(mq_send(queue, "high", 5, 9)); T(mq_send(queue, "low again", 10, 1));
  show(queue);
  memset(text, 0, 100); T(pread(queue, text, 10, 6)); puts(text);
  memset(text, 0, 100); T(read(queue, text, 5)); T(read(queue, text + 5, 95)); T(read(queue, text, 10)); printf("%s", text);
  T(mq_send(queue, text, 101, 0)); T(mq_send(queue, text, 1, 32768)); T(mq_receive(queue, text, 99, 0));
  struct timespec t = in_ms(20);
  T(mq_timedsend(queue, "x", 1, 0, &t));
  t.tv_nsec = 1000000000; T(mq_timedsend(queue, "x", 1, 0, &t)); t = (struct timespec){1, 0}; T(mq_timedsend(queue, "x", 1, 0, &t));
  struct pollfd p = {queue, POLLIN | POLLOUT, 0};
  T(poll(&p, 1, 0)); printf("%x\n", p.revents);
  take(queue); take(queue);
  T(poll(&p, 1, 0)); printf("%x\n", p.revents);
  take(queue);
  T(poll(&p, 1, 0)); printf("%x\n", p.revents);
  t = in_ms(20); T(mq_timedreceive(queue, text, 100, 0, &t));
  // The flag belongs to the description.
  a.mq_flags = O_NONBLOCK; T(mq_setattr(queue, &a, 0)); take(queue); show(queue);
  a.mq_flags = 1; T(mq_setattr(queue, &a, 0)); a.mq_flags = 0; T(mq_setattr(queue, &a, 0));
  mqd_t reader = mq_open(name, O_RDONLY | O_NONBLOCK), writer = mq_open(name, O_WRONLY);
  T(mq_send(reader, "x", 1, 0)); T(mq_receive(writer, text, 100, 0)); take(reader); T(mq_send(0, "x", 1, 0)); T(mq_getattr(99, &a));
  // Waiting on both sides.
  pid_t child = fork();
  if (!child) { take(queue); _exit(0); }
  until_waiting(child); mq_send(writer, "to the child", 13, 5); wait(&status); show_status("received", status);
  for (int i = 0; i < 3; i++) mq_send(queue, "full", 5, 0);
  child = fork();
  if (!child) _exit(mq_send(queue, "at last", 8, 7));
  until_waiting(child); take(queue); wait(&status); show_status("sent", status); take(queue); take(queue); take(queue);
  // Notification: once, for a message that nobody waits for.
  struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGRTMIN, &act, 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 42};
  T(mq_notify(queue, &event)); T(mq_notify(reader, &event));
  child = fork();
  if (!child) { T(mq_notify(queue, &event)); T(mq_notify(queue, 0)); mq_send(queue, "wake", 5, 0); _exit(0); }
  waitpid(child, &status, 0);
  printf("got %d code %d value %d from the child %d\n", got, last.si_code, last.si_value.sival_int, last.si_pid == child);
  T(mq_send(queue, "more", 5, 0)); printf("%d\n", got);
  T(mq_notify(queue, &event)); take(queue); take(queue); T(mq_send(queue, "first", 6, 0)); printf("%d\n", got); take(queue);
  T(mq_notify(queue, &event)); T(mq_notify(queue, 0)); T(mq_send(queue, "silent", 7, 0)); printf("%d\n", got); take(queue);
  T(mq_notify(queue, &event)); mq_close(reader); T(mq_notify(queue, &event));
  child = fork();
  if (!child) { take(queue); _exit(0); }
  until_waiting(child); mq_send(queue, "for a receiver", 15, 0); wait(&status); printf("%d\n", got);
  event.sigev_signo = 99; T(mq_notify(queue, &event)); event.sigev_notify = 77; T(mq_notify(queue, &event));
  event = (struct sigevent){.sigev_notify = SIGEV_NONE}; T(mq_notify(queue, &event)); T(mq_notify(queue, 0)); T(mq_notify(0, 0));
  // A signal ends a wait.
  act.sa_flags = 0; sigaction(SIGALRM, &act, 0);
  struct itimerval soon = {{0, 0}, {0, 30000}};
  setitimer(ITIMER_REAL, &soon, 0); T(mq_receive(queue, text, 100, 0));
  // Others.
  child = fork();
  if (!child) {
    setuid(1000);
    T(mq_open(name, O_RDWR)); OK(mq_open(name, O_RDONLY)); T(mq_unlink(name));
    struct mq_attr big = {.mq_maxmsg = 11, .mq_msgsize = 10}; T(mq_open("/denix-big", O_CREAT | O_RDWR, 0600, &big));
    _exit(0);
  }
  wait(&status);
  struct rlimit none = {0, 0};
  child = fork();
  if (!child) { setrlimit(RLIMIT_MSGQUEUE, &none); T(mq_open("/denix-other", O_CREAT | O_RDWR, 0600, 0)); _exit(0); }
  wait(&status);
  T(mq_send(queue, "kept", 5, 0)); T(mq_unlink(name)); T(mq_open(name, O_RDWR)); take(queue); fstat(queue, &s); printf("%ld\n", (long)s.st_nlink);
  return 0;
}
