// /proc/sysvipc: each object is a row, as ipcs reads it. And unshare(2), and the seals of memfds against mappings.
#include "t.h"
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
/* The row of `id`, with numbers that differ between runs as letters. */
static void row(const char *kind, int id) {
  char path[50], line[400], *word; sprintf(path, "/proc/sysvipc/%s", kind); FILE *f = fopen(path, "r"); long self = getpid(), t = time(0); fgets(line, 400, f); printf("%s", line);
  while (fgets(line, 400, f)) { long key, found; if (sscanf(line, "%ld %ld", &key, &found) != 2 || found != id) continue; printf("%zu bytes:", strlen(line)); int n = 0; for (word = strtok(line, " \n"); word; word = strtok(0, " \n"), n++) { long v = strtol(word, 0, 10); printf(" %s", n == 1 ? "ID" : v == self ? "PID" : v > t - 100 && v <= t + 1 ? "TIME" : word); } puts(""); }
  fclose(f);
}
static void *unshared(void *a) { T(unshare(CLONE_FS)); T(chdir("/")); T(unshare(CLONE_FILES)); T(close(*(int *)a)); T(unshare(CLONE_VM)); T(unshare(CLONE_THREAD)); return 0; }
int main(void) {
  struct { long type; char text[10]; } m = {1, "hello"}; int q = msgget(0x1234567, IPC_CREAT | 0640); row("msg", q); T(msgsnd(q, &m, 10, 0)); row("msg", q); T(msgrcv(q, &m, 10, 0, 0)); row("msg", q); T(msgctl(q, IPC_RMID, 0));
  int s = semget(IPC_PRIVATE, 3, 0600); struct sembuf op = {1, 2, 0}; row("sem", s); T(semop(s, &op, 1)); row("sem", s); T(semctl(s, 0, IPC_RMID));
  int h = shmget(IPC_PRIVATE, 9000, 0666); row("shm", h); char *p = shmat(h, 0, 0); p[0] = 1; row("shm", h); T(shmctl(h, IPC_RMID, 0)); row("shm", h); T(shmdt(p)); row("shm", h);
  char cwd[500], after[500]; getcwd(cwd, 500); int fd = open("f", O_RDWR | O_CREAT, 0600); pthread_t t; pthread_create(&t, 0, unshared, &fd); pthread_join(t, 0);
  for (int i = 0; i < 1000 && unshare(CLONE_THREAD) != 0; i++) usleep(1000); // a thread that was joined may still be on its way out
  IS(!strcmp(cwd, getcwd(after, 500))); T(close(fd)); T(unshare(0)); T(unshare(-1)); T(unshare(CLONE_THREAD)); T(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));
  int w = memfd_create("m", MFD_ALLOW_SEALING), r = memfd_create("n", MFD_ALLOW_SEALING); ftruncate(w, 8192); ftruncate(r, 8192); p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0); T(fcntl(w, F_ADD_SEALS, F_SEAL_WRITE)); T(munmap(p, 4096)); T(fcntl(w, F_ADD_SEALS, F_SEAL_WRITE)); OK(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0)); OK(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, w, 0)); p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r, 0); T(fcntl(r, F_ADD_SEALS, F_SEAL_FUTURE_WRITE)); p[0] = 1; OK(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r, 0)); p = mmap(0, 4096, PROT_READ, MAP_SHARED, r, 0); T(mprotect(p, 4096, PROT_READ | PROT_WRITE)); T(write(r, "x", 1));
}
