// Every kind of executable: static, static-pie, PIE and non-PIE dynamic, musl, busybox, #! scripts; and what they are told
// at their start (argv, environment, auxiliary vector).

import { compareScripts } from "../batch.ts";

const PROGRAM = `
cat > p.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <errno.h>
static int counter = 5; static __thread int tls = 7;
__attribute__((constructor)) static void before(void) { counter++; }
__attribute__((destructor)) static void after(void) { puts("destructor"); }
static void bye(void) { puts("atexit"); }
int main(int argc, char **argv, char **envp) {
  atexit(bye); volatile double x = 2;
  printf("%d %s %d %d %s\\n", argc, argv[argc - 1], counter, tls, getenv("HELLO"));
  printf("%.15g %Lf %s %d\\n", sqrt(x), (long double)x / 3, strerror(ENOENT), atoi("42"));
  char *m = malloc(1 << 20); memset(m, 'x', 1 << 20); printf("%c\\n", m[12345]); free(m);
  return argc;
}
C
`;
const kind = (flags: string, compiler = "gcc") => ({
  script:
    `${PROGRAM}${compiler} -O1 ${flags} p.c -o p -lm && HELLO=hi ./p a 'b c'; echo $?; readelf -h p | grep Type; rm p`,
  needs: [compiler, "readelf"],
  seconds: 120,
});

compareScripts("ELF", {
  "dynamic PIE": kind("-pie -fPIE"),
  "dynamic non-PIE": kind("-no-pie -fno-pie"),
  "static": kind("-static -no-pie"),
  "static-pie": kind("-static-pie"),
  "bound at load time": kind("-Wl,-z,now,-z,relro"),
  "bound lazily": kind("-Wl,-z,lazy -no-pie"),
  "executable stack": kind("-z execstack -w"),
  "stripped, with large alignment": kind("-s -Wl,-z,max-page-size=0x200000"),
  "musl static": kind("-static", "musl-gcc"),
  "musl dynamic": kind("", "musl-gcc"),
  "no C library at all": {
    script: `cat > n.c <<'C'
static long call(long n, long a, long b, long c) { long r; __asm__ volatile("syscall" : "=a"(r) : "0"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory"); return r; }
void _start(void) { call(1, 1, (long)"bare\\n", 5); call(60, 9, 0, 0); }
C
gcc -nostdlib -static -O1 -fno-stack-protector n.c -o n && ./n; echo $?; rm n`,
    needs: ["gcc"],
  },
  "auxiliary vector and initial stack": {
    script: `cat > a.c <<'C'
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
  printf("%lu %lu %lu %d %s\\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK), getauxval(AT_PHENT), getauxval(AT_PHDR) != 0, (char *)getauxval(AT_EXECFN));
  printf("%d %d %d %d %d %s\\n", getauxval(AT_UID) == getuid(), getauxval(AT_EGID) == getegid(), (int)getauxval(AT_SECURE), getauxval(AT_RANDOM) != 0, getauxval(AT_BASE) != 0, (char *)getauxval(AT_PLATFORM));
  printf("%d %d %d\\n", (unsigned long)__builtin_frame_address(0) % 16 == 0, argv[argc] == 0, &argv[argc + 1] == environ);
  for (char **e = environ; *e; e++) puts(*e);
}
C
gcc a.c -o a && env -i A=1 B=two ./a x; (exec -a renamed env -i ./a); env -i $PWD/a | sed "s|$PWD|PWD|"; rm a`,
    needs: ["gcc"],
    shell: "/bin/bash",
  },
  "shared libraries: dlopen, constructors, LD_PRELOAD, LD_LIBRARY_PATH": {
    script: `cat > l.c <<'C'
#include <stdio.h>
__attribute__((constructor)) static void in(void) { puts("lib in"); }
__attribute__((destructor)) static void out(void) { puts("lib out"); }
int value(void) { return 42; }
C
cat > w.c <<'C'
#include <unistd.h>
uid_t getuid(void) { return 4242; }
C
cat > m.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
  void *h = dlopen("./l.so", RTLD_NOW); int (*f)(void) = (int (*)(void))dlsym(h, "value");
  printf("%d %u\\n", f(), getuid()); dlclose(h); puts("closed");
  if (!dlopen("nolib.so", RTLD_NOW)) puts(dlerror());
}
C
gcc -shared -fPIC l.c -o l.so; gcc -shared -fPIC w.c -o w.so; gcc m.c -o m; ./m; LD_PRELOAD=./w.so ./m | head -n 2; LD_TRACE_LOADED_OBJECTS=1 ./m | awk '{print $1}' | grep -v vdso; LD_PRELOAD=./none.so ./m 2>&1 | head -n 1; rm m l.so w.so`,
    needs: ["gcc"],
    seconds: 120,
  },
  "the dynamic linker as a program":
    `/lib64/ld-linux-x86-64.so.2 /bin/echo through ld.so; /lib64/ld-linux-x86-64.so.2 --verify /bin/echo; echo $?; /lib64/ld-linux-x86-64.so.2 /etc/passwd; echo $?`,
  "refused files":
    `cp /bin/true t; chmod -x t; ./t; echo $?; printf '\\177ELF' > e; chmod +x e; ./e; echo $?; head -c 100 /bin/true > h; chmod +x h; ./h; echo $?; : > z; chmod +x z; ./z; echo $?; head -c 200 /dev/zero > zeros; chmod +x zeros; ./zeros; echo $?; rm t h`,
  "busybox": {
    script:
      `busybox echo hi; busybox sh -c 'for i in 1 2 3; do echo $i; done | tail -n 1; echo $((6*7)); x=$(busybox seq 3 | busybox wc -l); echo $x; false; echo $?'; busybox ls /etc/passwd; seq 20 | busybox sort -rn | busybox head -n 2; busybox md5sum /etc/passwd | cut -c1-32; busybox vi --help 2>&1 | head -n 1; ln -s $(which busybox) cat; echo x | ./cat; rm cat; busybox awk 'BEGIN {print 1/3}'; busybox tar c /etc/hostname 2>/dev/null | busybox tar t; busybox nosuch; echo $?; busybox find /etc -maxdepth 1 -name passwd; busybox gzip -c /etc/passwd | busybox zcat | cmp - /etc/passwd; busybox date -u -d @0 +%F; busybox sed -n 1p /etc/passwd; busybox sh -c 'kill -9 $$'; echo $?`,
    needs: ["busybox"],
    mask: (text) => text.replace(/v1\.\d+\.\d+ \([^)]*\)/, "VERSION"),
  },
  "large static data and a deep stack": {
    script: `cat > d.c <<'C'
#include <stdio.h>
#include <string.h>
static char big[64 << 20]; static int table[1000] = {1, 2, 3, [999] = 9};
static int deep(int n) { volatile char pad[1000]; memset((char *)pad, n, sizeof pad); return n == 0 ? 0 : 1 + deep(n - 1) + (pad[5] != (char)n); }
int main(void) { big[40 << 20] = 1; printf("%d %d %d\\n", big[40 << 20] + big[5], table[999], deep(5000)); }
C
gcc -O1 d.c -o d && ./d; echo $?; rm d`,
    needs: ["gcc"],
  },
  "arguments up to their limit": {
    script:
      `/bin/echo $(seq 1 20000) | md5sum; x=$(head -c 131000 /dev/zero | tr '\\0' x); /bin/echo $x | wc -c; x=$x$x; /bin/echo $x; echo $?; A=$x /bin/true; echo $?`,
    seconds: 60,
  },
});
