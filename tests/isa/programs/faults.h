/* A handler of SIGSEGV that goes back to where the access was tried. */
#include <setjmp.h>
#include <signal.h>

enum { PAGE = 4096 };

static sigjmp_buf back;
static char *volatile fault_at;
static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  fault_at = info->si_addr;
  siglongjmp(back, 1);
}
