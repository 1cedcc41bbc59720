// semget, semop, semtimedop, semctl: several operations at once, waiting, time-outs, undo, removal.
#include "t.h"
#include <sys/ipc.h>
#include <sys/sem.h>

static int set;

static int op(int index, int change, int flags) {
  struct sembuf b = {index, change, flags};
  return semop(set, &b, 1);
}

static void values(void) {
  unsigned short v[3];
  semctl(set, 0, GETALL, v);
  printf("values %d %d %d\n", v[0], v[1], v[2]);
}

static void basics(int key) {
  T(semget(key, 3, 0));
  set = semget(key, 3, IPC_CREAT | IPC_EXCL | 0600);
  IS(set >= 0 && semget(key, 0, 0) == set && semget(key, 3, 0600) == set);
  T(semget(key, 4, 0));
  T(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600));
  T(semget(IPC_PRIVATE, 0, 0600));
  T(semget(IPC_PRIVATE, -1, 0600));
  T(semget(IPC_PRIVATE, 100000, 0600));
  T(semctl(set, 1, SETVAL, 5));
  T(semctl(set, 1, GETVAL));
  IS(semctl(set, 1, GETPID) == getpid());
  T(semctl(set, 3, SETVAL, 5));
  T(semctl(set, 0, SETVAL, 32768));
  T(semctl(set, 0, SETVAL, -1));
  T(semctl(set, 3, GETVAL));
  T(semctl(set, 0, 99));
  unsigned short all[3] = {1, 2, 3};
  T(semctl(set, 0, SETALL, all));
  values();
  all[1] = 40000;
  T(semctl(set, 0, SETALL, all));
  T(semctl(set, 0, GETALL, (void *)8));
  struct semid_ds s;
  T(semctl(set, 0, IPC_STAT, &s));
  printf("%ld semaphores, mode %o, used %d\n", (long)s.sem_nsems, s.sem_perm.mode, s.sem_otime != 0);
  s.sem_perm.mode = 0666;
  T(semctl(set, 0, IPC_SET, &s));
}

static void operations(void) {
  T(op(0, -1, 0));
  T(op(0, -1, IPC_NOWAIT));
  T(op(0, 0, 0));
  T(op(1, 0, IPC_NOWAIT));
  T(op(3, 1, 0));
  T(op(2, 32767, IPC_NOWAIT));
  T(semop(set, 0, 0));
  T(semop(set, (void *)8, 1));
  T(semop(set, (void *)8, 501));
  T(semop(-1, (void *)8, 1));
  struct sembuf many[3] = {{1, -1, 0}, {2, -1, 0}, {0, -1, IPC_NOWAIT}};
  T(semop(set, many, 3));
  values();
  many[2].sem_op = 4;
  T(semop(set, many, 3));
  values();
  struct timespec t = {0, 30000000}, bad = {0, 1000000000};
  struct sembuf b = {1, -100, 0};
  double start = now();
  T(semtimedop(set, &b, 1, &t));
  IS(now() - start >= 0.029);
  T(semtimedop(set, &b, 1, &bad));
}

static void on(int s) { (void)s; }

static void waiting(void) {
  int status;
  semctl(set, 0, SETVAL, 0);
  pid_t child = fork();
  if (!child) {
    T(op(0, -2, 0));
    _exit(0);
  }
  until_waiting(child);
  T(semctl(set, 0, GETNCNT));
  T(semctl(set, 0, GETZCNT));
  T(op(0, 1, 0));
  until_waiting(child);
  T(semctl(set, 0, GETVAL));
  op(0, 1, 0);
  wait(&status);
  show_status("taken", status);
  T(semctl(set, 0, GETNCNT));
  IS(semctl(set, 0, GETPID) == child);
  op(0, 1, 0);
  child = fork();
  if (!child) {
    T(op(0, 0, 0));
    _exit(0);
  }
  until_waiting(child);
  T(semctl(set, 0, GETZCNT));
  op(0, -1, 0);
  wait(&status);
  child = fork();
  if (!child) {
    struct sigaction a = {.sa_handler = on, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &a, 0);
    T(op(0, -1, 0));
    _exit(0);
  }
  until_waiting(child);
  kill(child, SIGUSR1);
  wait(&status);
  show_status("interrupted", status);
  child = fork();
  if (!child) {
    op(0, -1, 0);
    _exit(0);
  }
  until_waiting(child);
  kill(child, SIGKILL);
  wait(&status);
  show_status("killed", status);
  T(semctl(set, 0, GETNCNT));
}

static void undo(void) {
  unsigned short v[3] = {10, 10, 10};
  semctl(set, 0, SETALL, v);
  if (!fork()) {
    T(op(0, -3, SEM_UNDO));
    T(op(1, 5, SEM_UNDO));
    T(op(1, -1, SEM_UNDO));
    T(op(2, -4, 0));
    values();
    _exit(0);
  }
  wait(0);
  values();
  if (!fork()) {
    op(0, -3, SEM_UNDO);
    op(1, 20, SEM_UNDO);
    semctl(set, 0, SETVAL, 8);
    if (!fork()) _exit(op(1, -25, 0));
    wait(0);
    values();
    execl("/bin/true", "true", (char *)0);
  }
  wait(0);
  values();
  T(op(2, -1, SEM_UNDO));
  T(op(2, 1, SEM_UNDO));
}

static void removal(void) {
  int status;
  semctl(set, 0, SETVAL, 0);
  pid_t child = fork();
  if (!child) {
    T(op(0, -1, 0));
    _exit(0);
  }
  until_waiting(child);
  pid_t other = fork();
  if (!other) {
    setuid(1000);
    T(op(1, 0, IPC_NOWAIT));
    T(semctl(set, 0, IPC_RMID));
    _exit(0);
  }
  waitpid(other, 0, 0);
  semctl(set, 0, IPC_RMID);
  waitpid(child, &status, 0);
  T(semctl(set, 0, IPC_RMID));
  T(op(0, 1, 0));
}

int main(void) {
  basics(0x45000000 | getpid());
  operations();
  waiting();
  undo();
  removal();
  struct seminfo i;
  IS(semctl(0, 0, IPC_INFO, &i) >= 0);
  printf("%d %d %d\n", i.semmsl, i.semopm, i.semvmx);
}
