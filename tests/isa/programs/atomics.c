// Are LOCK forms atomic, also across cache lines and pages, and do locks and lock-free loops hold while the scheduler takes threads off the CPU anywhere? Four
// threads count in many ways at once; the sums say whether anything was lost.

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define THREADS 4
#define ROUNDS 8000

static uint8_t *memory;
// Aligned, across a line, across a page.
static const int places[] = { 64, 64 * 3 - 4, 4096 - 4, 8192 - 3 };
#define PLACES 4

static volatile int lock;
static long guarded;
static struct node { struct node *next; long value; } *stack, nodes[THREADS * 64];

static void enter(void)
{
	int one = 1;
	for (;;) {
		__asm__ volatile("xchg %0, %1" : "+r"(one), "+m"(lock) : : "memory");
		if (!one) return;
		while (lock) __asm__ volatile("pause");
		one = 1;
	}
}
static void leave(void)
{
	__asm__ volatile("movl $0, %0" : "=m"(lock) : : "memory");
}

static void *count(void *argument)
{
	long id = (long)argument;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t *p = memory + places[i % PLACES];
		uint64_t one = 1;
		__asm__ volatile("lock incq %0" : "+m"(*(uint64_t *)p));
		__asm__ volatile("lock xaddq %0, %1" : "+r"(one), "+m"(*(uint64_t *)p));
		// A loop that tries until nobody came in between.
		uint64_t old = *(volatile uint64_t *)p;
		for (uint8_t done = 0; !done;)
			__asm__ volatile("lock cmpxchgq %3, %1; setz %2" : "+a"(old), "+m"(*(uint64_t *)p), "=q"(done) : "r"(old + 1));
		__asm__ volatile("lock addl $1, %0; lock adcl $0, %0" : "+m"(*(uint32_t *)(p + 8)));
		__asm__ volatile("lock btcl %1, %0" : "+m"(*(uint32_t *)(p + 16)) : "r"((int)id));
		if (i % 16 == 0) {
			enter();
			long before = guarded;
			if (i % 160 == 0) sched_yield();
			guarded = before + 1;
			leave();
			// Sixteen bytes: pointer and count, so that a stack can tell a node that came back.
			__asm__ volatile(
				"movq (%0), %%rax; movq 8(%0), %%rdx\n"
				"1: leaq 1(%%rax), %%rbx; leaq 2(%%rdx), %%rcx\n"
				"lock cmpxchg16b (%0); jnz 1b" : : "r"(memory + 12288) : "rax", "rbx", "rcx", "rdx", "memory", "cc");
		}
		if (i < 64) {
			struct node *n = nodes + 64 * id + i, *top = __atomic_load_n(&stack, __ATOMIC_RELAXED);
			n->value = 64 * id + i;
			do n->next = top;
			while (!__atomic_compare_exchange_n(&stack, &top, n, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
		}
	}
	return 0;
}

int main(void)
{
	memory = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) return 1;
	pthread_t threads[THREADS];
	for (long i = 0; i < THREADS; i++) pthread_create(threads + i, 0, count, (void *)i);
	for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
	for (int i = 0; i < PLACES; i++) {
		uint64_t sum;
		uint32_t words[3];
		memcpy(&sum, memory + places[i], 8);
		memcpy(words, memory + places[i] + 8, 12);
		printf("place %d: %lu %u %u\n", i, sum, words[0], words[2]);
	}
	uint64_t pair[2];
	memcpy(pair, memory + 12288, 16);
	long length = 0, total = 0;
	for (struct node *n = stack; n; n = n->next) length++, total += n->value;
	printf("guarded %ld, pair %lu %lu, stack %ld %ld\n", guarded, pair[0], pair[1], length, total);
	return 0;
}
