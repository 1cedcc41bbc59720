// A stack machine's interpreter, dispatching by computed goto: indirect jumps.
#include "../bench.h"
enum { PUSH, LOAD, STORE, ADD, MUL, XOR, LESS, JUMP_IF, DROP, HALT };
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  // a = 1; for (i = 0; i < n; i++) a = (a * 31 + i) ^ 12345;
  const long code[] = {
      LOAD, 1, PUSH, 31, MUL, LOAD, 0, ADD, PUSH, 12345, XOR, STORE, 1,
      LOAD, 0, PUSH, 1, ADD, STORE, 0, LOAD, 0, PUSH, n, LESS, JUMP_IF, 0, HALT,
  };
  static const void *const labels[] = {&&push, &&load, &&store, &&add, &&mul, &&xor_, &&less, &&jump_if, &&drop, &&halt};
  unsigned long variables[2] = {0, 1}, stack[16], *top = stack;
  const long *at = code;
#define NEXT goto *labels[*at++]
  NEXT;
push:
  *top++ = (unsigned long)*at++;
  NEXT;
load:
  *top++ = variables[*at++];
  NEXT;
store:
  variables[*at++] = *--top;
  NEXT;
add:
  top--;
  top[-1] += *top;
  NEXT;
mul:
  top--;
  top[-1] *= *top;
  NEXT;
xor_:
  top--;
  top[-1] ^= *top;
  NEXT;
less:
  top--;
  top[-1] = top[-1] < *top;
  NEXT;
jump_if:
  at = *--top ? code + *at : at + 1;
  NEXT;
drop:
  top--;
  NEXT;
halt:
  bench_report(n);
  printf("%lu\n", variables[1]);
}
