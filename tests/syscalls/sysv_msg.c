// msgget, msgsnd, msgrcv, msgctl: types, sizes, full and empty queues, waiting, removal.
#include "t.h"
#include <sys/ipc.h>
#include <sys/msg.h>

static int queue;
static struct { long type; char text[9000]; } m;

static int put(long type, const char *text, int flags) {
  m.type = type;
  strcpy(m.text, text);
  return msgsnd(queue, &m, strlen(text) + 1, flags);
}

static void take(long type, int size, int flags) {
  memset(&m, 0, sizeof m);
  errno = 0;
  long n = msgrcv(queue, &m, size, type, flags);
  printf("type %ld size %d flags %o: %ld %s type %ld \"%s\"\n", type, size, flags, n, n < 0 ? strerrorname_np(errno) : "", m.type,
         m.text);
}

static void show(void) {
  struct msqid_ds s;
  T(msgctl(queue, IPC_STAT, &s));
  printf("%lu messages, %lu bytes of %lu, mode %o, sender %d, receiver %d\n", s.msg_qnum, s.__msg_cbytes, s.msg_qbytes,
         s.msg_perm.mode, s.msg_lspid == getpid(), s.msg_lrpid == getpid());
}

int main(void) {
  int key = 0x46000000 | getpid(), status;
  T(msgget(key, 0));
  queue = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
  IS(queue >= 0 && msgget(key, 0) == queue);
  T(msgget(key, IPC_CREAT | IPC_EXCL));
  show();
  T(put(3, "three", 0)); T(put(1, "one", 0)); T(put(2, "two", 0)); T(put(3, "three again", 0));
  T(put(0, "x", 0)); T(put(-1, "x", 0)); T(msgsnd(queue, &m, -1, 0)); T(msgsnd(queue, &m, 8193, 0)); T(msgsnd(queue, (void *)8, 1, 0));
  T(msgsnd(-1, &m, 1, 0));
  show();
  take(0, 2, 0); take(0, 2, MSG_NOERROR); take(-2, 100, 0); take(2, 100, 0); take(2, 100, IPC_NOWAIT); take(3, 100, MSG_EXCEPT | IPC_NOWAIT);
  put(5, "five", 0);
  take(3, 100, MSG_EXCEPT); take(0, -1, 0); take(-100, 100, 0); take(0, 100, IPC_NOWAIT);
  T(put(7, "", 0)); take(7, 0, 0); take(7, 0, IPC_NOWAIT);
  memset(m.text, 'a', 8192); m.type = 1;
  T(msgsnd(queue, &m, 8192, 0)); T(msgsnd(queue, &m, 8192, IPC_NOWAIT)); T(msgsnd(queue, &m, 1, IPC_NOWAIT));
  show();
  pid_t child = fork();
  if (!child) { m.type = 9; T(msgsnd(queue, &m, 8192, 0)); _exit(0); }
  until_waiting(child);
  long got = msgrcv(queue, &m, 8192, 1, 0);
  wait(&status); printf("%ld\n", got); show_status("sent", status);
  while (msgrcv(queue, &m, 8192, 0, IPC_NOWAIT) > 0) {}
  child = fork();
  if (!child) { take(4, 100, 0); _exit(0); }
  until_waiting(child);
  put(6, "six", 0); until_waiting(child); put(4, "four", 0);
  wait(&status); take(0, 100, 0);
  T(msgrcv(queue, (void *)8, 10, 0, IPC_NOWAIT)); put(1, "lost", 0); T(msgrcv(queue, (void *)8, 10, 0, IPC_NOWAIT)); take(0, 100, IPC_NOWAIT);
  struct msqid_ds s; msgctl(queue, IPC_STAT, &s); s.msg_qbytes = 10; s.msg_perm.mode = 0622; T(msgctl(queue, IPC_SET, &s)); T(put(1, "too long for it", IPC_NOWAIT)); show();
  child = fork();
  if (!child) { setuid(1000); T(put(2, "by another", IPC_NOWAIT)); T(put(2, "other", IPC_NOWAIT)); take(0, 10, IPC_NOWAIT); T(msgctl(queue, IPC_STAT, &s)); T(msgctl(queue, IPC_RMID, 0)); _exit(0); }
  wait(&status); take(0, 100, IPC_NOWAIT);
  child = fork();
  if (!child) { take(8, 100, 0); _exit(0); }
  until_waiting(child);
  T(msgctl(queue, 99, 0)); int gone = msgctl(queue, IPC_RMID, 0);
  wait(&status); printf("%d\n", gone);
  T(msgctl(queue, IPC_RMID, 0)); T(put(1, "x", 0)); T(msgget(key, 0));
  struct msginfo i; IS(msgctl(0, IPC_INFO, (void *)&i) >= 0); printf("%d %d\n", i.msgmax, i.msgmnb);
}
