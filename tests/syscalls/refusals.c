// Arguments that have to be refused: prctl's unused ones, futexes without a page, init's scheduling, I/O priorities,
// signals through a descriptor of /proc/PID, sendfile's offset.
#include "t.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>

int main(void) {
  T(prctl(PR_SET_THP_DISABLE, 0, 1, 0, 0));
  T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  T(prctl(PR_GET_THP_DISABLE, 1, 1, 0, 0));
  T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0));

  char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  T(syscall(SYS_futex, page, FUTEX_WAKE, 1, 0, 0, 0));
  mprotect(page, 4096, PROT_NONE);
  T(syscall(SYS_futex, page, FUTEX_WAKE, 1, 0, 0, 0));
  T(syscall(SYS_futex, page, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  munmap(page, 4096);
  T(syscall(SYS_futex, page, FUTEX_WAKE, 1, 0, 0, 0));

  struct sched_param none = {0};
  T(sched_setscheduler(1, 99, &none));
  T(syscall(SYS_ioprio_set, 1, 0, 4));
  T(syscall(SYS_ioprio_set, 1, 0, 0));
  T(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3));
  T(syscall(SYS_ioprio_get, 1, 0));
  T(syscall(SYS_ioprio_set, 1, 0, 0));
  T(syscall(SYS_ioprio_get, 1, 0));

  off_t *offset = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int in = memfd_create("in", 0), out = memfd_create("out", 0);
  T(sendfile(out, in, offset, 1));

  int self = open("/proc/self", O_DIRECTORY), init = open("/proc/1", O_DIRECTORY), file = open("/dev/null", O_RDONLY);
  T(syscall(SYS_pidfd_send_signal, self, 0, 0, 0));
  T(syscall(SYS_pidfd_send_signal, file, 0, 0, 0));
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  T(syscall(SYS_pidfd_send_signal, self, SIGUSR2, &info, 0));
  if (setuid(65534) == 0) T(syscall(SYS_pidfd_send_signal, init, SIGUSR1, 0, 0));
  return 0;
}
