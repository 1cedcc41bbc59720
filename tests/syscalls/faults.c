// Faults as signals: si_signo, si_code, si_addr of SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP; RIP in the frame.
#include "t.h"
#include <setjmp.h>
#include <ucontext.h>
static sigjmp_buf back; static char *base; static char *target;
static void on(int s, siginfo_t *i, void *c) { ucontext_t *u = c; long ip = u->uc_mcontext.gregs[REG_RIP]; char *addr = i->si_addr; if (addr == target) printf("signal %d code %d addr target", s, i->si_code); else if ((long)addr == ip) printf("signal %d code %d addr ip", s, i->si_code); else printf("signal %d code %d addr %s", s, i->si_code, addr == 0 ? "0" : "other"); printf(" err %ld trap %ld\n", (long)u->uc_mcontext.gregs[REG_ERR], (long)u->uc_mcontext.gregs[REG_TRAPNO]); siglongjmp(back, 1); }
#define TRY(what, address) do { target = (char *)(address); printf("%s: ", #what); fflush(stdout); if (!sigsetjmp(back, 1)) { what; puts("no fault"); } } while (0)
static int called(char *p) { return ((int (*)(void))p)(); }
int main(void) {
  struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO}; for (unsigned k = 0; k < 5; k++) sigaction((int[]){SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}[k], &a, 0);
  base = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); memset(base, 0, 3 * 4096); mprotect(base + 4096, 4096, PROT_READ); munmap(base + 8192, 4096);
  TRY((void)*(volatile char *)16, 16); TRY(*(volatile char *)16 = 1, 16); TRY(base[4096] = 1, base + 4096); TRY((void)*(volatile char *)(base + 8192), base + 8192); TRY(*(volatile long *)(base + 4092) = 1, base + 4096); TRY((void)*(volatile long *)(base + 8188), base + 8192); TRY((void)*(volatile char *)0xffff800000000000, 0); TRY((void)*(volatile char *)0x0001000000000000, 0); TRY(called(base), base); TRY(called(base + 8192), base + 8192); TRY(called(0), 0);
  volatile int zero = 0, minimum = INT_MIN, minus = -1; TRY(printf("%d", 1 / zero), 0); TRY(printf("%d", minimum / minus), 0); TRY(__asm__ volatile("ud2"), 0); TRY(__asm__ volatile("int3"), 0); TRY(__asm__ volatile(".byte 0xf1"), 0); TRY(__asm__ volatile("hlt"), 0); TRY(__asm__ volatile("cli"), 0); TRY(__asm__ volatile("int $0x0d"), 0); TRY(__asm__ volatile("mov %%cr0, %%rax" : : : "rax"), 0); TRY(__asm__ volatile("in $0x80, %%al" : : : "rax"), 0); TRY(__asm__ volatile(".byte 0x0f, 0xff, 0xc0"), 0); TRY(__asm__ volatile(".byte 0x06"), 0); TRY(__asm__ volatile("lock; .byte 0x90"), 0);
  TRY(__asm__ volatile("mov $0x8000000000000000, %%rax; jmp *%%rax" : : : "rax"), 0); char *code = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); munmap(code + 4096, 4096); memset(code, 0x90, 4096); TRY(called(code), code + 4096); code[4095] = (char)0xb8; TRY(called(code + 4000), code + 4096);
  int fd = open("f", O_RDWR | O_CREAT, 0600); ftruncate(fd, 4096); char *m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); TRY(m[4096] = 1, m + 4096); ftruncate(fd, 0); TRY((void)*(volatile char *)m, m);
  char odd[64] __attribute__((aligned(16))); TRY(__asm__ volatile("movaps 1(%0), %%xmm0" : : "r"(odd) : "xmm0"), 0); TRY(__asm__ volatile("movaps 0(%0), %%xmm0" : : "r"(odd) : "xmm0"), 0); long before, ip = 0; (void)before; (void)ip; __asm__ volatile("" : : : "memory");
  unsigned csr = 0x1f80 & ~0x200; __asm__ volatile("ldmxcsr %0" : : "m"(csr)); volatile double x = 1, y = 0; TRY(x / y, 0); csr = 0x1f80; __asm__ volatile("ldmxcsr %0" : : "m"(csr)); int fds[2]; pipe(fds); T(write(fds[1], base + 8192, 10)); T(read(fds[0], base + 4096, 0)); T(syscall(SYS_write, fds[1], base + 4090, 10));
}
