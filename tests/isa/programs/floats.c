// What MXCSR and the x87 control word say: rounding, denormals as zero and flushed, exceptions that stick, and those that are not masked, each with its signal,
// code and place. Everything in loops that get hot, since fast paths are what could forget it.

#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <xmmintrin.h>

static sigjmp_buf back;
static void caught(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	fpregset_t fp = uc->uc_mcontext.fpregs;
	printf("signal %d code %d trap %lld mxcsr %04x fsw %04x at rip %d\n", signo, info->si_code, uc->uc_mcontext.gregs[REG_TRAPNO],
		fp->mxcsr, fp->swd & 0xff, info->si_addr == (void *)uc->uc_mcontext.gregs[REG_RIP]);
	siglongjmp(back, 1);
}

static volatile double tiny = 4.9406564584124654e-324, small = 2.2250738585072014e-308, huge = 1.7976931348623157e308;
static volatile double zero = 0, one = 1, three = 3;
static volatile float tinyf = 1e-45f, threef = 3;

static uint64_t mix(uint64_t h, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, 8);
	return (h ^ bits) * 0x9e3779b97f4a7c15;
}

static uint64_t series(void)
{
	uint64_t h = 0;
	for (int i = 0; i < 15000; i++) {
		double x = one + i * 0.37;
		h = mix(h, x / three);
		h = mix(h, (float)(x * small) * threef);
		h = mix(h, x * tiny);
		h = mix(h, small / x);
		h = mix(h, (double)(long)(x * 1e3 / three));
		h = mix(h, (double)((float)x / threef));
	}
	return h;
}

static void modes(void)
{
	for (unsigned mode = 0; mode < 16; mode++) {
		unsigned mxcsr = 0x1f80 | (mode & 3) << 13 | (mode & 4 ? 0x40 : 0) | (mode & 8 ? 0x8000 : 0);
		_mm_setcsr(mxcsr);
		uint64_t h = series();
		unsigned after = _mm_getcsr();
		_mm_setcsr(0x1f80);
		printf("mode %x: %016lx flags %02x\n", mode, h, after & 0x3f);
	}
}

static void sticky(void)
{
	struct { const char *name; double a, b; int op; } cases[] = {
		{ "exact", 1, 2, 0 }, { "inexact", 1, 3, 3 }, { "divide", 1, 0, 3 }, { "invalid", 0, 0, 3 }, { "overflow", huge, huge, 2 },
		{ "underflow", small, 0.3, 2 }, { "denormal", tiny, 1, 0 }, { "infinite", INFINITY, INFINITY, 1 },
	};
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned seen = 0, ever = 0;
		for (int round = 0; round < 8000; round++) {
			_mm_setcsr(0x1f80);
			volatile double a = cases[i].a, b = cases[i].b, r = 0;
			switch (cases[i].op) {
			case 0: r = a + b; break;
			case 1: r = a - b; break;
			case 2: r = a * b; break;
			default: r = a / b;
			}
			(void)r;
			unsigned now = _mm_getcsr() & 0x3f;
			if (round == 0) seen = now;
			ever |= now ^ seen;
		}
		printf("%s %02x %02x\n", cases[i].name, seen, ever);
	}
	_mm_setcsr(0x1f80);
}

static void unmasked(void)
{
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER };
	sigaction(SIGFPE, &action, 0);
	for (int bit = 0; bit < 6; bit++) {
		for (int round = 0; round < 3; round++) {
			if (sigsetjmp(back, 1)) continue;
			_mm_setcsr(0x1f80 & ~(0x80 << bit));
			volatile double r = 0;
			double sum = 0;
			for (int i = 0; i < 4000; i++) sum += one;
			r = zero / zero;
			r = tiny + one;
			r = one / zero;
			r = huge * huge;
			r = small * small;
			r = one / three + sum;
			(void)r;
			printf("no signal for %d\n", bit);
		}
		_mm_setcsr(0x1f80);
	}
	for (int bit = 0; bit < 6; bit++) {
		if (sigsetjmp(back, 1)) {
			__asm__ volatile("fninit");
			continue;
		}
		uint16_t control = 0x37f & ~(1 << bit);
		__asm__ volatile("fninit; fldcw %0" : : "m"(control));
		volatile long double a = zero, b = one, r;
		r = a / a;
		r = b / a;
		r = tiny + b;
		r = (long double)huge * 1e4000L * 1e4000L;
		r = (long double)small * 1e-4000L * 1e-4000L;
		r = b / (long double)three;
		__asm__ volatile("fwait");
		(void)r;
		printf("no signal for x87 %d\n", bit);
	}
	__asm__ volatile("fninit");
}

static void extended(void)
{
	// Precision and rounding of the x87, and results that need all 64 bits.
	for (unsigned mode = 0; mode < 16; mode++) {
		uint16_t control = 0x007f | (mode & 3) << 10 | (mode >> 2) << 8;
		if ((mode >> 2) == 1) continue; // reserved
		uint64_t h = 0;
		__asm__ volatile("fninit; fldcw %0" : : "m"(control));
		long double x = 1, y = 3;
		for (int i = 0; i < 15000; i++) {
			x = x * 1.0000152587890625L + y / 7;
			y = sqrtl(x) - y / 3;
			if (x > 1e30L) x = x / 1e29L;
			uint64_t bits[2] = { 0, 0 };
			memcpy(bits, &y, 10);
			h = (h ^ bits[0] ^ bits[1]) * 0x9e3779b97f4a7c15;
		}
		uint16_t status;
		__asm__ volatile("fnstsw %0" : "=m"(status));
		__asm__ volatile("fninit");
		printf("x87 %x: %016lx %02x\n", mode, h, status & 0x3f);
	}
}

// Arithmetic that is exact raises nothing, however often it runs; what is not raises the precision flag at once. Some operands are at the edges: halves of
// significands, sums whose last bit is just lost, zeros of both signs, denormals, infinities.
#define EXACTLY(type, op, a, b) do { \
		_mm_setcsr(0x1f80); \
		type r = (a) op (b); \
		__asm__ volatile("" : "+x"(r)); \
		h = mix(h, (double)0 + r); \
		h = h * 31 + (_mm_getcsr() & 0x3f); \
	} while (0)
static uint64_t exactly(void)
{
	static volatile double doubles[] = { 0, -0.0, 1, -1, 3, 1024, 67108863, 67108865, 134217727, 134217729, 9007199254740991.0, 9007199254740993.0,
		0.5, 1e308, -1e308, 2.2250738585072014e-308, 4.9406564584124654e-324, INFINITY, 1e-200, 7 };
	static volatile float floats[] = { 0, -0.0f, 1, -1, 3, 1024, 4095, 4097, 8191, 16777215, 16777216, 0.5f, 3e38f, -3e38f, 1.1754944e-38f, 1e-45f,
		INFINITY, 1e-30f, 7 };
	uint64_t h = 0;
	const int d = sizeof doubles / sizeof *doubles, f = sizeof floats / sizeof *floats;
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) {
			double a = doubles[i], b = doubles[j];
			EXACTLY(double, +, a, b);
			EXACTLY(double, -, a, b);
			EXACTLY(double, *, a, b);
			EXACTLY(double, /, a, b);
			__m128d x = _mm_set_pd(a, 2), y = _mm_set_pd(b, 3), r;
#define PAIR(op) _mm_setcsr(0x1f80); r = op(x, y); __asm__ volatile("" : "+x"(r)); h = h * 31 + (_mm_getcsr() & 0x3f); h = mix(h, r[0] + r[1])
			PAIR(_mm_add_pd);
			PAIR(_mm_sub_pd);
			PAIR(_mm_mul_pd);
			PAIR(_mm_div_pd);
		}
		for (int i = 0; i < f; i++) for (int j = 0; j < f; j++) {
			float a = floats[i], b = floats[j];
			EXACTLY(float, +, a, b);
			EXACTLY(float, -, a, b);
			EXACTLY(float, *, a, b);
			EXACTLY(float, /, a, b);
			__m128 x = _mm_set_ps(a, 2, b, 5), y = _mm_set_ps(b, 3, a, 4), r;
			PAIR(_mm_add_ps);
			PAIR(_mm_sub_ps);
			PAIR(_mm_mul_ps);
			PAIR(_mm_div_ps);
		}
	}
	_mm_setcsr(0x1f80);
	return h;
}

int main(void)
{
	printf("exactly: %016lx\n", exactly());
	modes();
	sticky();
	unmasked();
	extended();
	return 0;
}
