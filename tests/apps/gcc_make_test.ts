// The compiler, the linker and make.

import { compareScripts } from "../batch.ts";

compareScripts("gcc and make", {
  "gcc hello.c && ./a.out":
    `printf '#include <stdio.h>\\nint main(int c, char **v) { printf("hello %%d %%s\\\\n", c, v[0]); return 3; }\\n' > hello.c; gcc hello.c && ./a.out; echo $?; md5sum a.out; rm a.out`,
  "gcc -O2, -static, -g, two files, a library":
    `printf 'int f(int x) { return x * x; }\\n' > f.c; printf '#include <stdio.h>\\n#include <math.h>\\nint f(int);\\nint main(void) { printf("%%d %%.6f\\\\n", f(7), sqrt(f(3)) + sin(f(1))); }\\n' > m.c; gcc -O2 -c f.c; gcc -g -c m.c; gcc f.o m.o -lm -o p; ./p; gcc -O3 -static -o s f.c m.c -lm; ./s; ar rcsD libf.a f.o; gcc m.c -L. -lf -lm -o q; ./q; gcc -shared -fPIC -o libg.so f.c; gcc m.c -L. -lg -lm -Wl,-rpath,. -o r; ./r; ldd r | awk '{print $1}' | grep -v vdso; nm f.o; size f.o | tail -n 1; strip p; ./p; objdump -d f.o | tail -n 5; rm p s q r *.o *.a *.so`,
  "errors and warnings":
    `echo 'int main(void) { return x; }' > e.c; gcc e.c; echo $?; echo 'int main(void) { int y; }' > w.c; gcc -Wall -c w.c; echo $?; gcc nofile.c; echo $?; echo 'int f(void); int main(void) { return f(); }' > l.c; gcc l.c 2>&1 | sed 's|/tmp/cc[A-Za-z0-9]*|OBJ|g'; rm -f w.o`,
  "preprocess, assemble, link by hand":
    `printf '#define A 42\\nint a = A;\\n' > p.c; gcc -E -P p.c; printf '.globl _start\\n_start: mov $60, %%eax\\n mov $7, %%edi\\n syscall\\n' > s.s; as -o s.o s.s; ld -o s s.o; ./s; echo $?; gcc -S -O1 -o - p.c | head -n 5; rm s s.o`,
  "make with two targets":
    `printf 'all: a b\\n\\na: a.in\\n\\tcp a.in a\\n\\nb: a\\n\\tsort a > b\\n\\nclean:\\n\\trm -f a b\\n.PHONY: all clean\\n' > Makefile; printf '2\\n1\\n' > a.in; touch -d '2020-01-01' a.in; make; cat b; make; make clean; ls; make -n; make nosuch; echo $?; make -s b`,
  "make -j, variables, patterns, errors":
    `printf 'OBJ = x.o y.o z.o\\nprog: $(OBJ)\\n\\tcat $^ > $@\\n%%.o: %%.in\\n\\t@echo building $@; tr a-z A-Z < $< > $@\\nbad:\\n\\tfalse\\nV := $(shell echo sh)\\nshow: ; @echo $(V) $(words $(OBJ)) $(patsubst %%.o,%%.c,$(OBJ)) $(if $(V),yes)\\n' > Makefile; for f in x y z; do echo $f > $f.in; done; make -j3 --output-sync | sort; cat prog; make bad; echo $?; make -k bad show; make show V=over; rm -f *.o prog`,
  "g++ and the standard library": {
    script:
      `printf '#include <iostream>\\n#include <map>\\n#include <stdexcept>\\n#include <string>\\n#include <thread>\\n#include <algorithm>\\n#include <vector>\\nint main() { std::map<std::string, int> m{{"b", 2}, {"a", 1}}; for (auto& [k, v] : m) std::cout << k << v << " "; try { throw std::runtime_error("boom"); } catch (std::exception& e) { std::cout << e.what() << std::endl; } int n = 0; std::thread t([&] { n = 5; }); t.join(); std::vector<double> v{3.5, 1.25}; std::sort(v.begin(), v.end()); std::cout << n << " " << v[0] << std::endl; }\\n' > m.cc; g++ -std=c++17 -O1 m.cc -o m -pthread && ./m; rm -f m`,
    needs: ["g++"],
    seconds: 240,
  },
  "a program of several modules built by make": {
    script:
      `mkdir src; for m in a b c; do printf "int $m(int x) { return x + '$m'; }\\n" > src/$m.c; done; printf '#include <stdio.h>\\nint a(int), b(int), c(int);\\nint main(void) { printf("%%d\\\\n", a(1) + b(2) + c(3)); }\\n' > src/main.c; printf 'SRC = $(sort $(wildcard src/*.c))\\nOBJ = $(SRC:.c=.o)\\nprog: $(OBJ)\\n\\tgcc -o $@ $^\\n-include $(OBJ:.o=.d)\\n%%.o: %%.c\\n\\tgcc -MMD -O1 -c -o $@ $<\\n' > Makefile; make -s; ./prog; touch src/b.c; make; make -q; echo $?; rm -rf src prog`,
    seconds: 240,
  },
}, { shell: "/bin/bash", needs: ["gcc", "make"], seconds: 180 });
