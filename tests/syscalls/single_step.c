// The trap flag: SIGTRAP after each instruction, in order, through a handler that lets it go on; POPF that ends it; a system call and a REP in between.
#include "t.h"
#include <ucontext.h>
static long steps, first, last, codes[8], sum;
static void on(int s, siginfo_t *i, void *c) {
  ucontext_t *u = c;
  long ip = u->uc_mcontext.gregs[REG_RIP];
  if (!steps++) first = ip;
  last = ip;
  sum += (ip - first) * steps;
  codes[i->si_code & 7]++;
  if ((long)i->si_addr != ip) puts("address");
  if (u->uc_mcontext.gregs[REG_TRAPNO] != 1 || u->uc_mcontext.gregs[REG_ERR]) puts("trap");
}
int main(void) {
  struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &a, 0);
  long start, end, r = 0;
  __asm__ volatile("lea 1f(%%rip), %1\n lea 2f(%%rip), %2\n pushf\n pop %%rdx\n mov %%rdx, %%rcx\n or $0x100, %%rcx\n push %%rcx\n popf\n1: nop\n inc %0\n add $5, %0\n"
                   "mov $3, %%ecx\n0: dec %%ecx\n jnz 0b\n call 3f\n jmp 4f\n3: ret\n4: pushf\n pop %%rcx\n and $0x100, %%ecx\n add %%rcx, %0\n push %%rdx\n popf\n2: nop\n"
                   : "+r"(r), "=&r"(start), "=&r"(end) : : "rcx", "rdx", "memory", "cc");
  printf("steps %ld from %ld to the end %d, result %ld, codes %ld %ld, sum %ld\n", steps, first - start, last == end, r, codes[1], codes[2], sum);
  steps = 0;
  __asm__ volatile("pushf\n orl $0x100, (%%rsp)\n popf\n mov $39, %%eax\n syscall\n nop\n pushf\n andl $~0x100, (%%rsp)\n popf\n nop\n" : : : "rax", "rcx", "r11", "memory", "cc");
  printf("with a system call %ld\n", steps);
}
