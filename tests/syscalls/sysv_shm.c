// shmget, shmat, shmdt, shmctl: keys, rights, sizes, attaching, forks, removal while attached.
#include "t.h"
#include <sys/ipc.h>
#include <sys/shm.h>

static int key;

static void show(int id) {
  struct shmid_ds s;
  T(shmctl(id, IPC_STAT, &s));
  printf("size %zu mode %o attached %lu creator %d last %d atime %d dtime %d key %d uid %d\n", s.shm_segsz, s.shm_perm.mode,
         s.shm_nattch, s.shm_cpid == getpid(), s.shm_lpid == getpid(), s.shm_atime != 0, s.shm_dtime != 0,
         s.shm_perm.__key == key, s.shm_perm.uid);
}

static void keys(void) {
  int id = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0640);
  IS(id >= 0);
  T(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0640));
  IS(shmget(key, 0, 0) == id && shmget(key, 4000, IPC_CREAT | 0640) == id);
  T(shmget(key, 5001, 0));
  T(shmget(key + 1, 100, 0));
  T(shmget(IPC_PRIVATE, 0, 0600));
  T(shmget(IPC_PRIVATE, -1, 0600) == -1);
  show(id);
  struct shmid_ds s;
  shmctl(id, IPC_STAT, &s);
  s.shm_perm.mode = 0600;
  T(shmctl(id, IPC_SET, &s));
  s.shm_perm.uid = -1;
  T(shmctl(id, IPC_SET, &s));
  T(shmctl(id, SHM_LOCK, 0));
  show(id);
  T(shmctl(id, SHM_UNLOCK, 0));
  T(shmctl(id, 99, &s));
  T(shmctl(id, IPC_STAT, (void *)8));
  T(shmctl(-1, IPC_STAT, &s));
  T(shmctl(id, IPC_RMID, 0));
  T(shmctl(id, IPC_RMID, 0));
  T(shmget(key, 0, 0));
}

static void attaching(void) {
  int id = shmget(IPC_PRIVATE, 3 * 4096 - 10, 0600);
  char *a = shmat(id, 0, 0), *b = shmat(id, 0, SHM_RDONLY);
  IS(a != b && a != (void *)-1 && b != (void *)-1);
  strcpy(a + 5000, "shared");
  puts(b + 5000);
  show(id);
  T(mprotect(b, 4096, PROT_READ | PROT_WRITE));
  T(shmat(id, a, 0) == (void *)-1 ? -1 : 0);
  T(shmat(id, a + 1, 0) == (void *)-1 ? -1 : 0);
  T(shmat(id, 0, SHM_REMAP) == (void *)-1 ? -1 : 0);
  T(shmat(99999999, 0, 0) == (void *)-1 ? -1 : 0);
  char *place = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(place + (512 << 10), 512 << 10);
  IS(shmat(id, place + (512 << 10) + 123, SHM_RND) == place + (512 << 10));
  IS(shmat(id, place + 4096, SHM_REMAP) == place + 4096);
  puts(place + 4096 + 5000);
  T(shmdt(place + (512 << 10)));
  T(shmdt(place + 8192));
  T(shmdt(place + 4097));
  T(shmdt(place));
  T(shmdt(place + 4096));
  int status;
  if (!fork()) {
    show(id);
    strcpy(a + 5000, "from the child");
    T(shmdt(a));
    _exit(0);
  }
  wait(&status);
  puts(b + 5000);
  show(id);
  munmap(a + 4096, 4096);
  show(id);
  T(shmdt(a));
  T(shmdt(a));
  T(shmctl(id, IPC_RMID, 0));
  show(id);
  puts(b + 5000);
  T(shmdt(b));
  struct shmid_ds s;
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[300], wanted[40];
  int lines = 0;
  snprintf(wanted, sizeof wanted, "/SYSV00000000 (deleted)");
  while (fgets(line, sizeof line, maps)) lines += strstr(line, wanted) != 0;
  printf("%d lines of maps\n", lines);
  fclose(maps);
}

static void rights(void) {
  int id = shmget(IPC_PRIVATE, 100, 0604);
  if (!fork()) {
    T(setgid(1000));
    T(setuid(1000));
    struct shmid_ds s;
    T(shmctl(id, IPC_STAT, &s));
    T(shmat(id, 0, 0) == (void *)-1 ? -1 : 0);
    T(shmat(id, 0, SHM_RDONLY) == (void *)-1 ? -1 : 0);
    T(shmctl(id, IPC_SET, &s));
    T(shmctl(id, IPC_RMID, 0));
    _exit(0);
  }
  wait(0);
  T(shmctl(id, IPC_RMID, 0));
}

int main(void) {
  key = 0x44000000 | getpid();
  keys();
  attaching();
  rights();
}
