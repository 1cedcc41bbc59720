// A small compiler that makes code at run time in all the ways that real ones do: rewrites it, frees and reuses its memory, maps it twice, flips its
// protection, patches calls in loops that are hot, and lets another thread patch. Prints what the made code computes.

#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define HOT 300000
typedef uint64_t (*Function)(uint64_t);

static uint8_t *at;
static void byte(unsigned b) { *at++ = b; }
static void bytes(const char *s, int n) { while (n--) byte((uint8_t)*s++); }
#define CODE(s) bytes(s, sizeof s - 1)
static void word(uint32_t v) { for (int i = 0; i < 4; i++) byte(v >> 8 * i & 255); }

// return x * factor + addend
static void linear(uint8_t *to, uint32_t factor, uint32_t addend)
{
	at = to;
	CODE("\x48\x69\xc7"); word(factor); // imul rax, rdi, factor
	CODE("\x48\x05"); word(addend); // add rax, addend
	CODE("\xc3");
}

// a loop of x rounds: sum = sum * 3 + step
static void loop(uint8_t *to, uint32_t step)
{
	at = to;
	CODE("\x31\xc0"); // xor eax, eax
	uint8_t *top = at;
	CODE("\x48\x8d\x04\x40"); // lea rax, [rax + rax * 2]
	CODE("\x48\x05"); word(step); // add rax, step
	CODE("\x48\xff\xcf"); // dec rdi
	CODE("\x75"); byte(top - at - 1); // jnz
	CODE("\xc3");
}

static void *pages(int count, int protection)
{
	void *p = mmap(0, count * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) exit(1);
	return p;
}
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define RX (PROT_READ | PROT_EXEC)
#define RW (PROT_READ | PROT_WRITE)

static void rewritten(void)
{
	uint8_t *p = pages(1, RWX);
	uint64_t sum = 0;
	for (uint32_t i = 0; i < 3000; i++) {
		linear(p + 16 * (i % 7), i, i ^ 5);
		sum += ((Function)(p + 16 * (i % 7)))(i);
	}
	printf("rewritten %lu\n", sum);
	for (uint32_t i = 1; i < 6; i++) {
		loop(p, i);
		printf("hot %lu\n", ((Function)p)(HOT));
	}
	munmap(p, PAGE);
}

static void reused(void)
{
	uint64_t sum = 0;
	uint8_t *area = pages(128, PROT_NONE), *hint = area;
	for (uint32_t i = 0; i < 200; i++) {
		munmap(hint, 2 * PAGE);
		uint8_t *p = mmap(hint, 2 * PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (p != hint) exit(1);
		linear(p + PAGE - 5, i, 7);
		for (int k = 0; k < 10; k++) sum += ((Function)(p + PAGE - 5))(k);
		if (i % 3 == 0) madvise(p, 2 * PAGE, MADV_DONTNEED);
		if (i % 3 == 0) sum += p[0];
	}
	uint8_t *other = mremap(hint, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, hint + 64 * PAGE);
	linear(other + PAGE - 5, 9, 9);
	printf("reused %lu %lu\n", sum, ((Function)(other + PAGE - 5))(9));
	munmap(area, 128 * PAGE);
}

static void twice(void)
{
	int fd = memfd_create("code", 0);
	if (ftruncate(fd, 2 * PAGE)) exit(1);
	uint8_t *w = mmap(0, 2 * PAGE, RW, MAP_SHARED, fd, 0), *x = mmap(0, 2 * PAGE, RX, MAP_SHARED, fd, 0);
	uint64_t sum = 0;
	for (uint32_t i = 0; i < 2000; i++) {
		// Across the pages now and then.
		int offset = i % 3 ? 64 * (i % 20) : PAGE - 6;
		linear(w + offset, i, 1);
		sum += ((Function)(x + offset))(3);
	}
	printf("twice %lu\n", sum);
	loop(w, 1);
	uint64_t before = ((Function)x)(HOT);
	uint32_t step = 77;
	memcpy(w + 8, &step, 4);
	uint64_t after = ((Function)x)(HOT);
	// Through the file, too.
	step = 78;
	if (pwrite(fd, &step, 4, 8) != 4) exit(1);
	printf("patched %lu %lu %lu\n", before, after, ((Function)x)(HOT));
	munmap(w, 2 * PAGE), munmap(x, 2 * PAGE), close(fd);
}

static sigjmp_buf back;
static uint8_t *flipped;
static int faults;
static void caught(int signo, siginfo_t *info, void *context)
{
	(void)context;
	faults++;
	if (flipped && info->si_code == SEGV_ACCERR && (uint8_t *)info->si_addr >= flipped && (uint8_t *)info->si_addr < flipped + PAGE) {
		mprotect(flipped, PAGE, RX);
		return;
	}
	printf("signal %d code %d at +%ld\n", signo, info->si_code, flipped ? (long)((uint8_t *)info->si_addr - flipped) : -1L);
	siglongjmp(back, 1);
}

static void protection(void)
{
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	sigaction(SIGSEGV, &action, 0);
	uint8_t *p = pages(2, RW);
	flipped = p;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < 300; i++) {
		mprotect(p, PAGE, RW);
		linear(p + 32, i, i);
		if (i & 1) mprotect(p, PAGE, RX); // else the handler does it
		sum += ((Function)(p + 32))(5);
		sum += ((Function)(p + 32))(6);
	}
	printf("flips %lu faults %d\n", sum, faults);
	// An instruction that goes on in a page that cannot be run: both its pages are looked at.
	mprotect(p, 2 * PAGE, RWX);
	linear(p + PAGE - 4, 3, 4);
	printf("across %lu\n", ((Function)(p + PAGE - 4))(8));
	mprotect(p + PAGE, PAGE, RW);
	if (!sigsetjmp(back, 1)) printf("not run %lu\n", ((Function)(p + PAGE - 4))(8));
	mprotect(p + PAGE, PAGE, RX);
	printf("across %lu\n", ((Function)(p + PAGE - 4))(9));
	mprotect(p, 2 * PAGE, RWX);
	p[PAGE + 1] = 5; // the addend's second byte
	printf("changed behind %lu\n", ((Function)(p + PAGE - 4))(9));
	munmap(p + PAGE, PAGE);
	if (!sigsetjmp(back, 1)) printf("not run %lu\n", ((Function)(p + PAGE - 4))(8));
	munmap(p, PAGE);
	flipped = 0;
}

static void itself(void)
{
	uint8_t *p = pages(1, RWX);
	uint64_t sum = 0;
	// Each round stores into the instruction behind the store, and into one that comes round again.
	at = p;
	CODE("\x31\xc0"); // xor eax, eax
	uint8_t *top = at;
	CODE("\x40\x88\x3d"); word(1); // mov [rip + 1], dil: the immediate of the next one
	CODE("\x05"); word(0); // add eax, imm32
	CODE("\xff\x05"); word(2); // inc dword [rip + 2]: the immediate of the next but one
	CODE("\x90\x05"); word(1000); // nop; add eax, imm32
	CODE("\xff\xcf"); // dec edi
	CODE("\x75"); byte(top - at - 1);
	CODE("\xc3");
	for (int i = 1; i < 20; i++) sum += ((Function)p)(i);
	printf("itself %lu\n", sum);
	munmap(p, PAGE);
}

static uint64_t calls(void)
{
	// A loop that calls through a site that is patched, as inline caches are.
	uint8_t *p = pages(1, RWX), *targets[3];
	for (int i = 0; i < 3; i++) linear(targets[i] = p + 1024 + 64 * i, i + 2, i);
	at = p;
	CODE("\x53\x48\x89\xfb"); // push rbx; mov rbx, rdi
	CODE("\xbf\x01\x00\x00\x00"); // mov edi, 1
	while (((uintptr_t)at & 7) != 3) byte(0x90);
	uint8_t *site = at;
	CODE("\xe8"); word(0); // call: its displacement can be stored at once
	CODE("\x89\xc7\xff\xcb\x75"); byte(site - at - 1); // mov edi, eax; dec ebx; jnz
	CODE("\x5b\xc3");
	uint64_t sum = 0;
	for (int i = 0; i < 60; i++) {
		*(int32_t *)(site + 1) = targets[i % 3] - (site + 5);
		sum = sum * 31 + ((Function)p)(2000);
	}
	munmap(p, PAGE);
	return sum;
}

// Cross-modifying code: one thread runs, the other stores eight aligned bytes at once; who runs sees the old code or the new code, and after it has been told,
// and has serialised, the new code.
static uint8_t *shared;
static atomic_int told, seen, ended;
static void *patcher(void *unused)
{
	(void)unused;
	for (int i = 1; i <= 50; i++) {
		union { uint8_t b[8]; uint64_t v; } code = { { 0xb8, i, 0, 0, 0, 0xc3, 0x90, 0x90 } }; // mov eax, i; ret
		atomic_store((_Atomic uint64_t *)shared, code.v);
		atomic_store(&told, i);
		while (atomic_load(&seen) < i) if (i & 1) usleep(10);
	}
	atomic_store(&ended, 1);
	return 0;
}
static void threads(void)
{
	shared = pages(1, RWX);
	memcpy(shared, "\xb8\0\0\0\0\xc3\x90\x90", 8);
	pthread_t thread;
	pthread_create(&thread, 0, patcher, 0);
	uint64_t wrong = 0, last = 0;
	while (!atomic_load(&ended)) {
		int known = atomic_load(&told);
		unsigned a = 0, b, c = 0, d;
		__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		uint64_t value = ((Function)shared)(0);
		if (value < (uint64_t)known || value < last || value > 50) wrong++;
		last = value;
		atomic_store(&seen, known);
	}
	pthread_join(thread, 0);
	printf("threads wrong %lu last %lu\n", wrong, ((Function)shared)(0));
	munmap(shared, PAGE);
}

// Two processes have the same code, and one changes it.
static void forked(void)
{
	uint8_t *p = pages(1, RWX);
	loop(p, 5);
	uint64_t before = ((Function)p)(HOT);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		loop(p, 6);
		printf("child %lu\n", ((Function)p)(HOT));
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, 0, 0) != pid);
	printf("parent %d\n", before == ((Function)p)(HOT));
	munmap(p, PAGE);
}

int main(void)
{
	rewritten();
	reused();
	twice();
	protection();
	itself();
	printf("calls %lu\n", calls());
	threads();
	forked();
	return 0;
}
