// Scripts as dash and bash run them: every construct that leans on the kernel (processes, pipes, signals, files).

import { compareScripts } from "../batch.ts";
import { ASLEEP, STATE } from "./waiting.ts";

compareScripts("sh", {
  "a pipeline of three": `printf 'b\\na\\nc\\na\\n' | sort | uniq -c`,
  "a pipeline of eight keeps order":
    `seq 1 200 | cat | grep 7 | sed 's/7/seven/' | cat | tail -n 5 | tr a-z A-Z | rev`,
  "the status of a pipeline is the last one's":
    `false | true; echo $?; true | false; echo $?; (exit 3) | (exit 4); echo $?`,
  "SIGPIPE ends a writer": `yes | head -n 3; yes abc | head -c 10; echo; seq 1 100000 | head -n 1`,
  "subshells keep their variables to themselves":
    `x=1; (x=2; cd /; echo $x $PWD); echo $x; { x=3; }; echo $x`,
  "nested subshells and their statuses": `( ( ( exit 7 ) ; echo $? ; exit 5 ) ; echo $? ); echo $?`,
  "here-documents": `
name=world
cat <<EOF
hello $name $((1+1)) $(echo sub) \\$name
EOF
cat <<'EOF'
raw $name $((1+1))
EOF
cat <<-EOF
	tabs are cut
	EOF
`,
  "a here-document larger than a pipe": `
big=$(seq 1 20000)
cat <<EOF | wc
$big
EOF
`,
  "two here-documents in one line": `cat <<A; cat <<B
first
A
second
B
`,
  "command substitution":
    `a=$(printf 'x\\n\\n\\n'); echo "[$a]"; echo "$(echo "$(echo deep)")"; b=\`echo old\`; echo $b; c=$(exit 9); echo $?`,
  "command substitution of large output": `a=$(seq 1 50000); echo \${#a}`,
  "background jobs and wait": `
(until [ -e go ]; do sleep 0.05; done; echo slow; exit 3) & a=$!
(echo fast; exit 4) & b=$!
wait $b; echo b=$?
: > go; wait $a; echo a=$?
wait; echo all=$?
wait 999999; echo $?
`,
  "many background jobs":
    `for i in 1 2 3 4 5 6 7 8 9 10; do (echo $i > f$i; exit $i) & done; wait; cat f1 f2 f3 f4 f5 f6 f7 f8 f9 f10`,
  "trap on EXIT": `trap 'echo bye $?' EXIT; echo hi; exit 6`,
  "trap on signals": `
trap 'echo got USR1' USR1
trap 'echo got TERM; exit 12' TERM
kill -USR1 $$; echo after
kill -TERM $$; echo never
`,
  "a trap runs when wait is interrupted": `${ASLEEP}
trap 'echo alarm' USR1
(asleep $$ sh; kill -USR1 $$; sleep 0.3) &
wait; echo interrupted=$(($? > 128)); wait; echo $?
`,
  "an ignored signal stays ignored in children":
    `trap '' INT TERM; sh -c 'kill -TERM $$; echo survived'; trap - TERM; sh -c 'kill -TERM $$; echo no'; echo $?`,
  "set -e leaves at the first failure":
    `set -e; echo one; false || echo tolerated; if false; then :; fi; ! true; echo two; false; echo never`,
  "set -e in a subshell": `(set -e; false; echo no); echo $?`,
  "set -u": { script: `set -u; echo \${x:-default}; echo $x; echo never`, stderr: true },
  "set -x": `set -x; a=1; echo "$a b"; for i in 1 2; do :; done`,
  "set -f and globs": `touch a1 a2 b1; echo a* [ab]1 ?2 z*; set -f; echo a*`,
  "ulimit": `
ulimit -n 64; ulimit -n; ulimit -Hn; ulimit -c 0; ulimit -c; ulimit -f 100; ulimit -f
sh -c 'ulimit -n'
ulimit -s 4096; ulimit -s; ulimit -t 100; ulimit -t; ulimit -v 4000000; ulimit -v
`,
  "ulimit -f sends SIGXFSZ":
    `ulimit -f 1; head -c 100000 /dev/zero > big; echo $?; ls -l big | cut -d' ' -f5`,
  "ulimit -n makes open fail":
    `for i in 1 2 3 4 5 6 7 8 9; do echo $i > f$i; done; (ulimit -n 8; paste f*); echo $?; paste f*`,
  "redirections": `
echo out > f; echo more >> f; cat < f
{ echo o; echo e >&2; } > both 2>&1; cat both
{ echo o; echo e >&2; } 2> err > out; cat err out
echo x 3>&1 >&3; exec 5> five; echo hello >&5; exec 5>&-; cat five
cat nosuchfile 2>&1; echo $?
: > empty; ls -s empty; set -C; echo a > f 2>/dev/null || echo clobber refused; echo b >| f; cat f
`,
  "read and write through one descriptor":
    `exec 3<> f; echo abc >&3; cat f; exec 3< f; read x <&3; echo "$x"; exec 3<&-`,
  "closed descriptors": `sh -c 'echo x' >&- ; echo $?; sh -c 'cat' <&- ; echo $?`,
  "a named pipe":
    `mkfifo p; (echo through the pipe > p) & cat < p; wait; ls -l p | cut -c1; (cat < p > got) & echo second > p; wait; cat got`,
  "two named pipes as a conversation": `
mkfifo a b
(while read x; do echo "re: $x"; done < a > b) &
exec 3> a 4< b
echo one >&3; read r <&4; echo "$r"; echo two >&3; read r <&4; echo "$r"
exec 3>&-; wait; echo done
`,
  "arithmetic":
    `echo $((2+3*4)) $((7/2)) $((-7/2)) $((-7%3)) $((1<<40)) $((0x1f)) $((010)) $((5>3&&2<1)) $((~0)) $((9223372036854775807+1))
x=5; echo $((x+=2)) $x $((x*x)) $((x>3?1:2))`,
  "division by zero": `echo before; echo $((1/0)); echo after`,
  "a read loop":
    `printf 'a 1\\nb 2\\nc 3\\n' > f; while read -r k v; do echo "$v:$k"; done < f; printf 'x y' | while read a b; do echo never; done; echo end`,
  "read with IFS and backslashes":
    `printf 'a:b:c\\n' | (IFS=: read x y z; echo "$z$y$x"); printf 'a\\\\nb\\n' | (read -r x; echo "$x"); printf 'a\\\\\\nb\\n' | (read x; echo "$x")`,
  "read takes only its line from a file": `printf '1\\n2\\n3\\n' > f; { read a; cat; } < f; echo "a=$a"`,
  "exit codes of signalled children": {
    script: `
for s in HUP INT QUIT KILL USR1 SEGV PIPE ALRM TERM ABRT FPE ILL BUS; do
  sh -c "kill -$s \\$\\$"; echo $s $?
done 2>/dev/null
`,
  },
  "messages about signalled children":
    `sh -c 'kill -KILL $$'; echo $?; sh -c 'kill -SEGV $$'; echo $?; sh -c 'kill -TERM $$' | cat; echo $?`,
  "exit statuses":
    `(exit 0); echo $?; (exit 255); echo $?; (exit 256); echo $?; nosuchcommand; echo $?; ./nosuch; echo $?; touch f; ./f; echo $?; echo 'exit 3' > g; chmod +x g; ./g; echo $?; /; echo $?`,
  "functions, local and return":
    `f() { local x=$1; [ $x -le 1 ] && { echo 1; return; }; echo $((x * $(f $((x-1))))); }; f 6; g() { return 42; }; g; echo $?`,
  "case":
    `for w in apple 42 -x ''; do case $w in [0-9]*) echo num;; a*|b*) echo word;; -?) echo flag;; '') echo empty;; esac; done`,
  "loops with break and continue":
    `for i in 1 2 3 4 5; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; i=0; until [ $i -ge 3 ]; do i=$((i+1)); echo $i; done`,
  "parameter expansion":
    `f=/a/b/c.tar.gz; echo \${f##*/} \${f#*/} \${f%.*} \${f%%.*} \${#f} \${u:-d} \${u:=e} $u \${u:+set}; set -- a 'b c' d; echo $#; for x in "$@"; do echo "<$x>"; done; shift 2; echo "$*"`,
  "getopts":
    `set -- -a -b val -c rest; while getopts ab:c o; do echo $o $OPTARG; done; shift $((OPTIND-1)); echo $1; set -- -z; getopts ab o; echo $? $o`,
  "eval, dot and exec":
    `eval 'a=1; echo $a'; echo 'b=2; echo in dot' > d; . ./d; echo $b; (exec echo replaced; echo never); exec 3>&1; echo x >&3; exec sh -c 'echo last; exit 9'`,
  "test operators":
    `touch f; mkdir d; ln -s f l; mkfifo p; chmod 0 f; chmod +x d; for t in '-e f' '-f f' '-d d' '-h l' '-L l' '-p p' '-s f' '-x d' '-e no' '-w f' '-c /dev/null' '-b /dev/null' '-S f' '-u f' '-k /tmp' 'f -ef l' '-t 0' '-n x' '-z x' 'a = b' 'a != b' '3 -gt 2'; do test $t; echo "$t $?"; done`,
  "printf":
    `printf '%s|%5d|%-5s|%05d|%x|%o|%e|%c\\n' a 42 b 7 255 8 1.5 xyz; printf '%b\\n' 'a\\tb'; printf '%s %s\\n' 1 2 3; printf '%.3f\\n' 3.14159`,
  "umask": `umask; umask 077; touch a; mkdir d; umask 022; touch b; mkdir e; umask -S; ls -l | cut -c1-10`,
  "cd, pwd and CDPATH":
    `mkdir -p a/b; ln -s a/b l; cd l; pwd | sed "s|$HOME|~|"; pwd -P | sed "s|$HOME|~|"; cd ..; pwd | sed "s|$HOME|~|"; cd - > /dev/null; cd -P ..; pwd | sed "s|$HOME|~|"; cd /nonexistent; echo $?`,
  "environment":
    `A=1 sh -c 'echo $A'; B=2; sh -c 'echo [$B]'; export B; sh -c 'echo [$B]'; unset B; env -i X=y sh -c 'echo $X; env | sort | grep -v ^_ | grep -v ^PWD'; env | grep -c ^PATH=`,
  "a script that runs itself":
    `if [ "$1" = "" ]; then sh "../$(basename "$PWD").sh" again | sed 's/^/child: /'; echo parent; else echo "I was called: $1"; fi`,
  "#! scripts":
    `printf '#!/bin/sh\\necho "$0 got $# args: $*"\\n' > s; chmod +x s; ./s a 'b c'; printf '#!/bin/sed -f\\ns/a/b/\\n' > t; chmod +x t; echo banana | ./t; printf '#!/usr/bin/env -S sh -e\\necho env; false; echo no\\n' > u; chmod +x u; ./u; echo $?; printf '#! ./s x\\n' > v; chmod +x v; ./v y`,
  "a file that ends behind #!": `printf '#!' > s; chmod +x s; ./s; echo $?`,
  "a #! line with a missing interpreter": `printf '#!/no/such/thing\\n' > s; chmod +x s; ./s; echo $?`,
  "kill and wait":
    `sleep 100 & kill $!; wait $!; echo $?; sleep 100 & kill -9 $!; wait $!; echo $?; kill -0 $$; echo $?; kill -l 9; kill 2>/dev/null 999999; echo $?`,
  "stop and continue":
    `${STATE}sleep 0.3 & p=$!; kill -STOP $p; state $p T; sed -n 's/^State:.//p' /proc/$p/status; kill -CONT $p; wait $p; echo $?`,
  "times goes through the kernel": `times > /dev/null; echo $?`,
  "sleep and date agree":
    `a=$(date +%s%N); sleep 0.3; b=$(date +%s%N); d=$(( (b-a)/1000000 )); [ $d -ge 300 ] && echo long enough; [ $d -lt 20000 ] && echo not too long`,
  "deep recursion of processes":
    `f() { if [ $1 -gt 0 ]; then sh -c ". ./f; f $(( $1 - 1 ))"; else echo bottom; fi; }; echo 'f() { if [ $1 -gt 0 ]; then sh -c ". ./f; f $(( $1 - 1 ))"; else echo bottom; fi; }' > f; f 12`,
  "orphans are adopted":
    `sh -c '(sleep 0.3; echo "ppid changed" > new; mv new out) & exit 0'; until [ -e out ]; do sleep 0.05; done; cat out`,
  "a loop of 200 forks": {
    script: `i=0; while [ $i -lt 200 ]; do (exit 1) && echo bad; i=$((i+1)); done; echo $i`,
    seconds: 60,
  },
  "a loop of 60 execs": {
    script: `i=0; while [ $i -lt 60 ]; do /bin/true || echo bad; i=$((i+1)); done; echo $i`,
    seconds: 90,
  },
});

compareScripts("bash", {
  "process substitution":
    `diff <(printf 'a\\nb\\n') <(printf 'a\\nc\\n'); echo $?; paste <(seq 3) <(seq 4 6); echo x | tee >(tr x y > f) > /dev/null; until [ -s f ]; do sleep 0.05; done; cat f`,
  "while read from process substitution": `n=0; while read -r l; do ((n+=l)); done < <(seq 10); echo $n`,
  "arrays":
    `a=(one 'two words' three); echo \${#a[@]} "\${a[1]}"; a+=(four); a[10]=ten; echo "\${!a[@]}"; unset 'a[0]'; for x in "\${a[@]}"; do echo "<$x>"; done; echo "\${a[@]:1:2}" "\${a[-1]}"`,
  "associative arrays":
    `declare -A m=([one]=1 [two]=2); m[three]=3; for k in $(printf '%s\\n' "\${!m[@]}" | sort); do echo "$k=\${m[$k]}"; done; echo \${#m[@]}; [[ -v m[two] ]] && echo yes`,
  "arithmetic":
    `((i=5)); ((i++)); echo $i $((i**3)) $((i%4)) $((2#1010)) $((16#ff)); for ((j=0;j<3;j++)); do echo -n "$j "; done; echo; ((0)); echo $?; let 'k=3*4'; echo $k`,
  "[[ and regular expressions":
    `[[ foo123 =~ ^([a-z]+)([0-9]+)$ ]] && echo "\${BASH_REMATCH[1]} \${BASH_REMATCH[2]}"; [[ abc == a* ]] && echo glob; [[ b > a && ! -e nofile ]] && echo and`,
  "string operations":
    `s='Hello World'; echo \${s,,} \${s^^} \${s/World/There} \${s//o/0} \${s:6} \${s:0:5} \${s: -3}; printf -v x '%03d' 7; echo $x; echo \${s@Q}`,
  "brace expansion and globs": `shopt -s extglob nullglob globstar
mkdir -p d/e; touch a.c b.c d/e/f.c; echo {1..5} {a,b}{1,2} {01..03}; echo **/*.c; echo !(a.c); echo *.none`,
  "here-strings": `cat <<< "hello $((1+1))"; read a b <<< "x y"; echo $b$a; wc -c <<< "$(seq 1 30000)"`,
  "read options":
    `printf 'abcdef' | { read -n 3 x; echo $x; }; printf 'a,b,' | while read -d , x; do echo $x; done; IFS=, read -ra arr <<< 'x,y,z'; echo \${arr[2]}; mapfile -t lines < <(seq 3); echo \${lines[1]}; read -t 0.1 x < <(sleep 1); echo $(($? > 128))`,
  "coproc":
    `coproc C { while read l; do echo "got $l"; done; }; echo hi >&\${C[1]}; read -u \${C[0]} r; echo $r; exec {C[1]}>&-; wait; echo $?`,
  "pipefail and PIPESTATUS":
    `set -o pipefail; false | true; echo $?; (exit 2) | (exit 3) | true; echo "\${PIPESTATUS[@]}"; set +o pipefail; false | true; echo $?`,
  "trap ERR, DEBUG, RETURN":
    `trap 'echo err $?' ERR; false; (exit 5); trap - ERR; f() { trap 'echo ret' RETURN; :; }; f; trap 'echo exit' EXIT`,
  "jobs without a terminal": {
    script:
      `until [ -e a ]; do sleep 0.05; done & until [ -e b ]; do sleep 0.06; done & jobs | sed 's/ *&$//'; : > a; wait -n; echo $?; : > b; wait; jobs; echo end`,
  },
  "job control in a script": {
    script:
      `${STATE}set -m; sleep 500 & kill -STOP %1; state $! T; jobs; kill -CONT %1; kill %1; wait %1 2>/dev/null; echo $?`,
    mask: (text) => text.replace(/\b\d{3,}\b/g, "PID"),
  },
  "wait -n and wait -p":
    `(exit 7) & (until [ -e go ]; do sleep 0.05; done; exit 8) & wait -n; echo $?; : > go; wait -n; echo $?; wait -n; echo $?`,
  "signals and their messages": {
    script:
      `bash -c 'kill -SEGV $$'; echo $?; bash -c 'kill -ABRT $$'; echo $?; bash -c 'kill -FPE $$'; echo $?; (kill -KILL $BASHPID); echo $?`,
    mask: (text) => text.replace(/line 1: +\d+/g, "line 1: PID"),
  },
  "redirections of bash":
    `{ echo o; echo e >&2; } &> f; cat f; { echo o2; echo e2 >&2; } &>> f; sort f; { echo x; } {fd}>g; exec {fd}<f; read -u $fd l; echo $l; exec {fd}<&-; echo a |& cat; ls /nonexistent |& wc -l`,
  "select, time and printf %q": {
    script:
      `printf '1\\n' | { PS3='? '; select x in a b; do echo "picked $x"; break; done; }; printf '%q\\n' "a b'c"; TIMEFORMAT=%0R; time true`,
    stderr: true,
  },
  "indirection and namerefs":
    `x=y; y=z; echo \${!x}; declare -n r=y; r=new; echo $y; declare -i n=3+4; echo $n; declare -r c=1; c=2; echo $?; f() { local -a a=("$@"); echo \${#a[@]}; }; f 1 2 3`,
  "functions, recursion, caller":
    `fib() { (( $1 < 2 )) && { echo $1; return; }; echo $(( $(fib $(($1-1))) + $(fib $(($1-2))) )); }; fib 8; f() { caller 0 | cut -d' ' -f1,2; echo $FUNCNAME; }; f`,
  "ulimit of bash":
    `ulimit -Sn 50; ulimit -Sn; ulimit -u > /dev/null; echo $?; ulimit -S -c unlimited 2>/dev/null; ulimit -a | wc -l`,
  "getopts and shift in functions":
    `p() { local OPTIND o; while getopts :x:y o; do case $o in x) echo x=$OPTARG;; y) echo y;; \\?) echo bad $OPTARG;; :) echo needs $OPTARG;; esac; done; shift $((OPTIND-1)); echo rest $*; }; p -x 1 -y a b; p -q -x`,
  "quoting, IFS and word splitting":
    `IFS=:; v=a:b:c; set -- $v; echo $# $2; unset IFS; v='  a  b '; set -- $v; echo $#; echo "$v" | od -c | head -n 2; echo $'tab\\there\\x41\\u20ac'`,
  "unicode":
    `s='äöü€😀'; echo \${#s} \${s:1:2}; echo \${s^^}; printf '%s\\n' "$s" | rev; LC_ALL=C; echo \${#s}`,
  "set -e, functions and subshells":
    `set -e; f() { false; echo in f; }; f || echo caught; (f; echo no) || echo sub $?; x=$(false) || echo subst $?; f; echo never`,
  "a trap that interrupts sleep":
    `${ASLEEP}trap 'echo caught' TERM; (asleep $$ bash; kill -TERM $$) & sleep 3 & wait $!; echo $(($? > 128)); trap - TERM; wait; echo ok`,
  "exec of a login shell's name": `exec -a other bash -c 'echo $0'`,
  "BASH variables":
    `echo $BASH_VERSION | cut -d. -f1; echo $SHLVL $LINENO \${BASH_SOURCE[0]##*/}; (echo $BASH_SUBSHELL); [ $BASHPID = $$ ] && echo same; ( [ $BASHPID = $$ ] || echo other ); echo $EUID $UID $PPID | wc -w; echo \${#RANDOM} | grep -c '[1-5]'`,
  "/dev/fd, /dev/stdin, /dev/stdout":
    `echo in | cat /dev/stdin; echo out > /dev/stdout; cat /dev/fd/3 3< <(echo three); echo err > /dev/stderr; ls -l /dev/fd | wc -l | grep -c .`,
  "a pipeline with 20 stages": {
    script: `c='seq 1 1000'; for i in {1..18}; do c="$c | cat"; done; eval "$c | md5sum"`,
    seconds: 60,
  },
}, { shell: "/bin/bash" });
