// Threads that end while they sleep on a futex: nobody wakes them in another's stead.
#include "t.h"
#include <linux/futex.h>
#include <pthread.h>

static uint32_t *word;
static void *sleeper(void *unused) {
  syscall(SYS_futex, word, FUTEX_WAIT, 0, 0, 0, 0);
  return 0;
}
static void threaded(void) {
  pthread_t thread;
  pthread_create(&thread, 0, sleeper, 0);
  char name[40];
  for (int tid = getpid() + 1; tid < getpid() + 100; tid++) {
    snprintf(name, sizeof name, "/proc/self/task/%d", tid);
    if (access(name, F_OK) == 0) until_waiting(tid);
  }
}

int main(void) {
  int status;
  word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (!child) { sleeper(0); _exit(0); }
  until_waiting(child); kill(child, SIGKILL); waitpid(child, &status, 0); show_status("killed", status);
  T(syscall(SYS_futex, word, FUTEX_WAKE, 9));
  child = fork();
  if (!child) { threaded(); _exit(3); }
  waitpid(child, &status, 0); show_status("exit of the group", status);
  T(syscall(SYS_futex, word, FUTEX_WAKE, 9));
  child = fork();
  if (!child) { threaded(); execl("/bin/true", "true", NULL); }
  waitpid(child, &status, 0); show_status("execve", status);
  T(syscall(SYS_futex, word, FUTEX_WAKE, 9));
  return 0;
}
