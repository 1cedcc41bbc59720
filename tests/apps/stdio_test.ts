// Standard input, output and error are the host's own: pipes, files, closed, at full length and byte for byte. The
// scripts are the host shell's; $RUN is nothing natively, and denix otherwise.

import { compareHostScripts } from "../host_scripts.ts";

compareHostScripts("stdio", {
  "a pipe into bc": `echo 1+1 | $RUN /usr/bin/bc`,
  "cat < big > out": `seq 1 400000 > big; $RUN /bin/cat < big > out; cmp big out && echo same; rm big out`,
  "every byte value":
    `for i in {0..255}; do printf "\\\\x$(printf %x $i)"; done > all; for i in 1 2 3 4 5 6 7 8; do cat all all > x; mv x all; done; $RUN /bin/cat < all | cmp - all && echo same`,
  "a big pipe in and out": `seq 1 300000 | $RUN /bin/cat | md5sum`,
  "a slow writer": `(echo a; sleep 0.5; echo b; sleep 0.5; echo c) | $RUN /bin/cat`,
  "a reader that leaves early": `$RUN /bin/sh -c 'yes; echo $? >&2' 2> status | head -n 2; cat status`,
  "seq into head": `$RUN /usr/bin/seq 1 1000000 | head -n 3; echo "\${PIPESTATUS[0]}"`,
  "a file as input keeps its position": `seq 1 10 > f; { $RUN /bin/sh -c 'read x; echo first $x'; cat; } < f`,
  "appending":
    `echo one > f; $RUN /bin/echo two >> f; $RUN /bin/sh -c 'echo three; echo four >&2' >> f 2>&1; cat f`,
  "cat copies to a file at its position":
    `echo text > f; $RUN /bin/sh -c 'echo zero; cat f; cat f f; echo end' > o; cat o`,
  "a file made again and mapped":
    `git init -q r; $RUN /bin/sh -c 'cd r; for i in 1 2 3 4 5 6; do echo $i > f; git add f; git ls-files -s; git rm -q --cached f; done'; rm -rf r`,
  "stdout and stderr apart": `$RUN /bin/sh -c 'echo o; echo e >&2; echo o2' > o 2> e; cat o; echo --; cat e`,
  "stdout and stderr as one pipe keep their order":
    `$RUN /bin/sh -c 'for i in 1 2 3; do echo o$i; echo e$i >&2; done' 2>&1 | cat`,
  "no input at all": `$RUN /bin/cat < /dev/null; echo $?; $RUN /bin/sh -c 'read x; echo $?' < /dev/null`,
  "the null device is open as the host has it":
    `$RUN /bin/sh -c 'cat; echo x >&0; echo $?' < /dev/null; $RUN /bin/sh -c 'cat <&1; echo $? >&2' > /dev/null; $RUN /bin/sh -c 'echo x >&0; cat; echo $?' <> /dev/null`,
  "output to /dev/full": { script: `$RUN /bin/echo x > /dev/full; echo $?` },
  "stdin is a file for the guest":
    `echo abc > f; $RUN /usr/bin/stat -L -c '%F %s' /dev/stdin < f; $RUN /bin/sh -c 'test -f /dev/stdin && echo regular; test -p /dev/stdout && echo pipe' < f | cat`,
  "stdin is a pipe for the guest":
    `echo abc | $RUN /bin/sh -c 'test -p /dev/stdin && echo pipe; test -t 0 || echo no terminal; wc -c'`,
  "output without a newline and an empty output": `$RUN /usr/bin/printf abc; echo; $RUN /bin/true | wc -c`,
  "a guest pipeline fed by the host": `seq 1 1000 | $RUN /bin/sh -c 'sort -rn | head -n 3 | cat'`,
  "two denix in one pipeline": `seq 1 50 | $RUN /bin/grep 3 | $RUN /usr/bin/tail -n 2`,
  "two denix at once on the same files":
    `$RUN /bin/sh -c 'echo a > a; sleep 0.3' & $RUN /bin/sh -c 'echo b > b; sleep 0.3'; wait; cat a b`,
  "seeking in stdin":
    `seq 1 100 > f; $RUN /usr/bin/tail -c 4 < f; $RUN /bin/dd bs=1 skip=3 count=4 status=none < f`,
  "arguments and environment byte for byte":
    `$RUN /usr/bin/printf '<%s>' 'a b' '' '$x' "it's" $'new\\nline' 'ä€😀' '--help'`,
  "options after the program are the program's": `$RUN /bin/echo --help --version -A --`,
  "/dev/stdin, /dev/stdout and /dev/stderr open the host's streams":
    `echo hello > f; $RUN /bin/cat /dev/stdin < f; echo a | $RUN /bin/cat /dev/stdin -; $RUN /bin/sh -c 'echo 1; echo x > /dev/stdout; echo y' > o; cat o; $RUN /bin/sh -c 'echo 1; echo x >> /dev/stdout' >> o; cat o; $RUN /bin/sh -c 'echo 1; echo x | tee -a /dev/stderr > /dev/null; echo y' 2>&1 | cat; { read x; $RUN /bin/cat /dev/stdin; } < f; (echo a; sleep 0.3; echo b) | $RUN /bin/sh -c 'cat /dev/fd/0 /dev/stdin'; $RUN /usr/bin/tail -c 2 /dev/stdin < f`,
  "the current directory":
    `mkdir d; cd d; echo x > f; $RUN /bin/cat f; $RUN /bin/pwd | sed 's|.*/||'; cd ..; $RUN /bin/ls d`,
  "files written are the host's":
    `$RUN /bin/sh -c 'echo new > f; mkdir d; echo in > d/g; ln -s f l; chmod 700 d; mv d e; touch -d @1000000 f'; cat f e/g l; stat -c %Y f`,
});

const STAT = `echo hello > f; chmod 640 f; touch -d '2020-01-01 UTC' f
$RUN stat -c '%F %s %a %h %b %Y' - < f; test "$($RUN stat -c '%d %i' - < f)" = "$(stat -c '%d %i' f)" && echo the file itself; echo a | $RUN stat -c '%F %s' -; $RUN stat -Lc '%F %t %T' /dev/stdin < /dev/null
$RUN sh -c 'echo text; stat -c %s - <&1; echo more' > o; cat o; tail -c +3 f | $RUN cat - f; $RUN tail -c 3 < f
`;

compareHostScripts("stdio", {
  "the host's file as its stat tells":
    `${STAT}$RUN readlink /proc/self/fd/0 < f; $RUN sh -c 'touch -d 2001-01-01 f; stat -c %Y -; echo more >> f; stat -c %s -' < f`,
});

compareHostScripts("stdio, Deno with --allow-read only", {
  "the host's file as its stat tells": STAT,
}, ["--no-prompt", "--allow-read"]);

compareHostScripts("exit status", {
  "true and false": `$RUN /bin/true; echo $?; $RUN /bin/false; echo $?`,
  "numbers": `for n in 0 1 42 127 255; do $RUN /bin/sh -c "exit $n"; echo $?; done`,
  "signals": {
    script:
      `for s in HUP INT QUIT ABRT KILL SEGV TERM PIPE USR1 RTMIN; do $RUN /bin/bash -c "kill -$s \\$\\$" 2> /dev/null; echo $s $?; done`,
    stderr: false,
  },
  "a fault": {
    script:
      `printf 'int main(void) { return *(volatile int *)8; }' > f.c; gcc f.c -o f; $RUN ./f; echo $?; rm f`,
    needs: ["gcc"],
    stderr: false,
  },
  "signals that are ignored at the start stay so":
    `(trap '' HUP INT USR2; $RUN /bin/sh -c 'kill -HUP $$; kill -INT $$; kill -USR2 $$; trap "echo trapped" INT USR1; kill -INT $$; kill -USR1 $$; tail -c 5 <<E
$(grep SigIgn /proc/self/status)
E
 echo alive'); nohup $RUN /bin/sh -c 'kill -HUP $$; echo alive' < /dev/null | cat`,
  "a background child does not hold it back": `$RUN /bin/sh -c 'sleep 0.2 & exit 5'; echo $?`,
  "exec keeps the process": `$RUN /bin/sh -c 'exec /bin/sh -c "exit 11"'; echo $?`,
  "SIGTERM to denix reaches the guest": {
    script:
      `$RUN /bin/sh -c 'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.1; done' > out & p=$!; for i in $(seq 500); do grep -q ready out && break; sleep 0.1; done; kill -TERM $p; wait $p; echo $?; cat out`,
  },
  // Without set -m, the shell would start it with SIGINT ignored.
  "SIGINT to denix reaches the guest": {
    script:
      `set -m; $RUN /bin/sh -c 'trap "echo caught; exit 4" INT; echo ready; while :; do sleep 0.1; done' > out & p=$!; for i in $(seq 500); do grep -q ready out && break; sleep 0.1; done; kill -INT $p; wait $p; echo $?; cat out`,
    mask: (text) => text.replace(/^\[1\].*\n/m, ""),
  },
});
