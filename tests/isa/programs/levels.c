// Which instructions of each level of x86-64 can be run? Prints one line for each: the level that it belongs to, its name, and "ok" or the signal. LZCNT and
// TZCNT have results at every level: below the third they are BSR and BSF. At last the features that CPUID and the auxiliary vector tell of.

#define _GNU_SOURCE
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>

static sigjmp_buf back;
static void caught(int signo)
{
	siglongjmp(back, signo);
}

#define RUN(level, name, ...) do { \
	int signo = sigsetjmp(back, 1); \
	if (signo == 0) { __VA_ARGS__; } \
	printf(signo ? "%d %s signal %d\n" : "%d %s ok\n", level, name, signo); \
} while (0)

int main(void)
{
	signal(SIGILL, caught);
	signal(SIGSEGV, caught);
	long count = 0;
	__asm__ volatile("mov $0x100, %%ecx; lzcnt %%ecx, %%eax" : "=a"(count) : : "rcx");
	printf("lzcnt %ld\n", count);
	__asm__ volatile("mov $77, %%rax; xor %%ecx, %%ecx; tzcnt %%rcx, %%rax" : "=a"(count) : : "rcx");
	printf("tzcnt %ld\n", count);
	RUN(2, "popcnt", __asm__ volatile("popcnt %%rcx,%%rax":::"rax"));
	RUN(2, "crc32", __asm__ volatile("crc32b %%cl,%%eax":::"rax"));
	RUN(2, "pshufb", __asm__ volatile("pshufb %%xmm0,%%xmm1":::"xmm1"));
	RUN(2, "haddps", __asm__ volatile("haddps %%xmm0,%%xmm1":::"xmm1"));
	RUN(2, "fisttp", double d;__asm__ volatile("fld1; fisttpl %0":"=m"(d)));
	RUN(2, "aesenc", __asm__ volatile("aesenc %%xmm0,%%xmm1":::"xmm1"));
	RUN(2, "lahf", __asm__ volatile("lahf":::"rax"));
	RUN(3, "vaddps", __asm__ volatile("vaddps %%xmm0,%%xmm1,%%xmm2":::"xmm2"));
	RUN(3, "vpaddd", __asm__ volatile("vpaddd %%ymm0,%%ymm1,%%ymm2":::"xmm2"));
	RUN(3, "andn", __asm__ volatile("andn %%rcx,%%rdx,%%rax":::"rax"));
	RUN(3, "movbe", long m=0;__asm__ volatile("movbe %1,%%rax"::"a"(0),"m"(m)));
	RUN(3, "adcx", __asm__ volatile("adcx %%rcx,%%rax":::"rax"));
	RUN(3, "rdfsbase", __asm__ volatile("rdfsbase %%rax":::"rax"));
	RUN(3, "sha", __asm__ volatile("sha1msg1 %%xmm0,%%xmm1":::"xmm1"));
	RUN(3, "xgetbv", __asm__ volatile("xgetbv"::"c"(0):"rax","rdx"));
	RUN(2, "cx16", __int128 x __attribute__((aligned(16)))=0;__asm__ volatile("cmpxchg16b %0":"+m"(x)::"rax","rdx"));
	RUN(2, "rdtscp", __asm__ volatile("rdtscp":::"rax","rdx","rcx"));
	RUN(1, "paddd", __asm__ volatile("paddd %%xmm0,%%xmm1":::"xmm1"));
	RUN(1, "prefetchw", __asm__ volatile("prefetchw (%%rsp)":::));
	RUN(3, "clwb", long q;__asm__ volatile("clwb %0":"+m"(q)));
	unsigned a, b, c, d;
	__cpuid(1, a, b, c, d);
	// getauxval() tells of bits of the C library's own.
	unsigned long entry[2], hwcap = 0;
	FILE *auxv = fopen("/proc/self/auxv", "rb");
	while (auxv && fread(entry, sizeof entry, 1, auxv) == 1)
		if (entry[0] == AT_HWCAP) hwcap = entry[1];
	printf("hwcap beyond cpuid %lx\n", hwcap & ~(unsigned long)d);
	printf("avx %d platform %s\n", c >> 28 & 1, (const char *)getauxval(AT_PLATFORM));
	return 0;
}
