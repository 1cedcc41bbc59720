// Runs the fuzzer's cases on the CPU: fuzz-runner CASES [trace] > RESULTS
//
// Everything happens in one signal handler: it stores the state that a case ended with, puts the next case's state into its own frame,
// and returns to it. So the kernel loads and stores all registers. A case may do what it likes: system calls from outside this program's
// text are turned into SIGSYS by a filter, endless loops end by a timer, and a case that takes the process down is noted by its parent,
// which goes on with the next one in a new child.
//
// The layouts of Case and Result are those of case.ts.

#define _GNU_SOURCE
#include <asm/prctl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

typedef struct {
	uint64_t gpr[16], rflags, rip;
	uint32_t mxcsr, cs;
	uint16_t fcw, fsw, ftw, padding;
	uint8_t st[8][16], ymm[16][32];
} State;
typedef struct {
	State state;
	uint32_t seed, code_bytes;
	uint8_t code[248];
} Case;
#define PAGES 7
#define CHUNK 256
typedef struct {
	State state;
	uint32_t signo, code;
	uint64_t address;
	uint32_t trap, error;
	uint64_t fs_base, gs_base;
	uint32_t status, steps;
	uint32_t hash[PAGES * 4096 / CHUNK];
	uint16_t selectors[4];
} Result;
enum { NOT_RUN, DONE, DIED };
typedef struct { uint64_t rip; uint8_t bytes[16]; } Step;
#define STEPS 512
typedef struct {
	uint64_t base, count, fs_base, gs_base, code_page, data_page, read_only_page, fill;
} Header;

#define TF 0x100
#define XSTATE_HEADER 512
#define XSTATE_YMM 576
#define TIMER_US 30000

static Header *header;
static Case *cases;
static Result *results;
static Step *steps;
static volatile uint64_t *cursor;
static int tracing, started;
static uint8_t altstack[65536] __attribute__((aligned(64)));
static const int gregs[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

// A system call of ours: errno is in thread-local storage, whose base belongs to the case.
static long call(long nr, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "0"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

static uint8_t *page(int i)
{
	uint64_t at = i < 4 ? header->code_page + 4096 * i : i < 6 ? header->data_page + 4096 * (i - 4) : header->read_only_page;
	return (uint8_t *)(header->base + at);
}

static void copy(void *to, const void *from, size_t n)
{
	__asm__ volatile("cld; rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void fill(const Case *c)
{
	uint8_t *code = page(0);
	uint64_t n = 4 * 4096 / 8, hlt = 0xf4f4f4f4f4f4f4f4, *to = (uint64_t *)code;
	while (n--) *to++ = hlt;
	copy((uint8_t *)c->state.rip, c->code, c->code_bytes);
	uint32_t x = c->seed;
	for (int p = 4; p < 6; p++) {
		uint32_t *words = (uint32_t *)page(p);
		for (int i = 0; i < 1024; i++) {
			x = x * 1664525 + 1013904223;
			// Now and then a pointer to data or to code.
			if ((i & 15) == 14) words[i] = (uint32_t)(header->base + header->data_page) + (x >> 19);
			else if ((i & 31) == 28) words[i] = (uint32_t)(header->base + header->code_page) + (x >> 18);
			else if ((i & 15) == 15 || (i & 31) == 29) words[i] = header->base >> 32;
			else words[i] = x;
		}
	}
}

static void save(Result *r, int signo, siginfo_t *info, ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;
	for (int i = 0; i < 16; i++) r->state.gpr[i] = g[gregs[i]];
	r->state.rflags = g[REG_EFL];
	r->state.rip = g[REG_RIP];
	r->state.cs = g[REG_CSGSFS] & 0xffff;
	r->signo = signo;
	r->code = info->si_code;
	r->address = (uint64_t)info->si_addr;
	r->trap = g[REG_TRAPNO];
	r->error = g[REG_ERR];
	uint8_t *f = (uint8_t *)uc->uc_mcontext.fpregs;
	copy(&r->state.fcw, f, 2);
	copy(&r->state.fsw, f + 2, 2);
	r->state.ftw = f[4];
	copy(&r->state.mxcsr, f + 24, 4);
	copy(r->state.st, f + 32, 128);
	for (int i = 0; i < 16; i++) {
		copy(r->state.ymm[i], f + 160 + 16 * i, 16);
		if (f[XSTATE_HEADER] & 4) copy(r->state.ymm[i] + 16, f + XSTATE_YMM + 16 * i, 16);
	}
	call(SYS_arch_prctl, ARCH_GET_FS, (long)&r->fs_base, 0);
	call(SYS_arch_prctl, ARCH_GET_GS, (long)&r->gs_base, 0);
	uint16_t ds, es, fs, gs;
	__asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	r->selectors[0] = es, r->selectors[1] = ds, r->selectors[2] = fs, r->selectors[3] = gs;
	uint32_t *to = r->hash;
	for (int p = 0; p < PAGES; p++) {
		uint32_t *words = (uint32_t *)page(p);
		for (int n = 0; n < 4096 / CHUNK; n++) {
			uint32_t h = 2166136261;
			for (int i = 0; i < CHUNK / 4; i++) h = (h ^ *words++) * 16777619;
			*to++ = h;
		}
	}
	r->status = DONE;
}

static void load(const Case *c, ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;
	fill(c);
	for (int i = 0; i < 16; i++) g[gregs[i]] = c->state.gpr[i];
	g[REG_EFL] = c->state.rflags | (tracing ? TF : 0);
	g[REG_RIP] = c->state.rip;
	g[REG_CSGSFS] = (greg_t)0x2b << 48 | 0x33;
	uint8_t *f = (uint8_t *)uc->uc_mcontext.fpregs;
	copy(f, &c->state.fcw, 2);
	copy(f + 2, &c->state.fsw, 2);
	f[4] = c->state.ftw, f[5] = 0;
	for (int i = 6; i < 24; i++) f[i] = 0;
	copy(f + 24, &c->state.mxcsr, 4);
	copy(f + 32, c->state.st, 128);
	for (int i = 0; i < 16; i++) {
		copy(f + 160 + 16 * i, c->state.ymm[i], 16);
		copy(f + XSTATE_YMM + 16 * i, c->state.ymm[i] + 16, 16);
	}
	uint64_t components = 7;
	copy(f + XSTATE_HEADER, &components, 8);
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
	call(SYS_arch_prctl, ARCH_SET_FS, header->fs_base, 0);
	call(SYS_arch_prctl, ARCH_SET_GS, header->gs_base, 0);
	struct itimerval timer = { { 0, 0 }, { 0, TIMER_US } };
	call(SYS_setitimer, ITIMER_VIRTUAL, (long)&timer, 0);
}

static void note(Result *r, uint64_t rip)
{
	Step *s = steps + *cursor * STEPS + r->steps++;
	uint64_t first = header->base + header->code_page, end = first + 4 * 4096;
	s->rip = rip;
	if (rip >= first && rip < end) copy(s->bytes, (void *)rip, end - rip < 16 ? end - rip : 16);
}

// Whether the case goes on: the trap of a single step that is not the last one to be told of.
static int step(Result *r, int signo, siginfo_t *info, ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;
	if (signo != SIGTRAP || info->si_code != 2 || g[REG_TRAPNO] != 1 || r->steps >= STEPS) return 0;
	note(r, g[REG_RIP]);
	g[REG_EFL] |= TF;
	return 1;
}

__attribute__((used)) static void handle(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	if (started) {
		Result *r = results + *cursor;
		if (tracing && step(r, signo, info, uc)) return;
		save(r, signo, info, uc);
		++*cursor;
	}
	started = 1;
	if (*cursor == header->count) call(SYS_exit_group, 0, 0, 0);
	load(cases + *cursor, uc);
	if (tracing) note(results + *cursor, cases[*cursor].state.rip);
}

// Flags that would hurt C code are cleared first: direction, nested task and identification (which outlive a signal) and alignment check.
void handler(int, siginfo_t *, void *);
__asm__("handler:\n\tpushfq\n\tandl $~0x244400, (%rsp)\n\tpopfq\n\tjmp handle\n");

static void child(void)
{
	stack_t stack = { .ss_sp = altstack, .ss_size = sizeof altstack };
	sigaltstack(&stack, 0);
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	sigaddset(&action.sa_mask, SIGVTALRM);
	int signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGVTALRM };
	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
	extern char __executable_start, etext;
	uint64_t low = (uint64_t)&__executable_start, high = (uint64_t)&etext;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low >> 32, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)low, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)high, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("seccomp");
		_exit(3);
	}
	__builtin_trap();
}

static void *map(uint64_t address, uint64_t size, int prot)
{
	void *p = mmap((void *)address, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED_NOREPLACE : 0), -1, 0);
	if (p == MAP_FAILED) {
		perror("mmap");
		exit(3);
	}
	return p;
}

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : 0;
	static Header h;
	if (!file || fread(&h, sizeof h, 1, file) != 1) return 2;
	header = &h;
	tracing = argc > 2;
	cases = map(0, h.count * sizeof *cases, PROT_READ | PROT_WRITE);
	if (fread(cases, sizeof *cases, h.count, file) != h.count) return 2;
	size_t bytes = h.count * sizeof *results, trace = tracing ? h.count * STEPS * sizeof *steps : 0;
	results = mmap(0, bytes + trace + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	steps = (Step *)(results + h.count);
	cursor = (uint64_t *)((char *)results + ((bytes + trace + 7) & ~7));
	map(h.base + h.code_page, 4 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	map(h.base + h.data_page, 2 * 4096, PROT_READ | PROT_WRITE);
	map(h.base + h.read_only_page, 4096, PROT_READ);
	while (*cursor < h.count) {
		pid_t pid = fork();
		if (pid == 0) child();
		int status;
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 3) return 3;
		if (*cursor < h.count) results[(*cursor)++].status = DIED;
	}
	fwrite(results, 1, bytes + trace, stdout);
	return fflush(stdout) != 0;
}
