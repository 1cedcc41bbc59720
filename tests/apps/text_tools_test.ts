// grep, sed, awk (both), diffutils, bc, file and what else reads text.

import { compareScripts } from "../batch.ts";
import { ASLEEP } from "./waiting.ts";

const AWK = `
printf 'alice 30 NY\\nbob 25 LA\\ncarol 35 NY\\n' > f
$A '{print $1, $2 + 1}' f; $A '$3 == "NY"' f; $A '{s += $2} END {print s, s/NR}' f
$A 'BEGIN {for (i = 1; i <= 5; i++) printf "%d:%s ", i, i*i; print ""}'
$A '{a[$3] = a[$3] " " $1} END {for (k in a) print k a[k]}' f | sort
$A -F: '{print $1}' /etc/passwd | head -n 3
$A '{gsub(/o/, "0"); print toupper($0), length($0), substr($0, 2, 3), index($0, "b")}' f
$A 'BEGIN {print 1/3, 1e6, 1e20, 0.1+0.2, int(-3.7), sqrt(2), exp(1), log(10), sin(1), cos(1), atan2(1,2), 2^10, 7%3}'
$A 'BEGIN {printf "%5.2f|%-8s|%08.3f|%x|%c|%e|%g|%s\\n", 3.14159, "ab", 2.5, 255, "z", 12345.678, 0.0001, 1e300}'
$A 'BEGIN {n = split("a:b:c", p, ":"); print n, p[3]; print substr("hello", 0), match("foobar", /o+/), RSTART, RLENGTH}'
$A 'function f(n) {return n <= 1 ? 1 : n * f(n-1)} BEGIN {print f(10), f(20)}'
$A 'NR == 2 {exit 3} {print}' f; echo $?
$A 'BEGIN {while (("echo x y; echo z" | getline l) > 0) print "got", l; system("echo sys"); print "sorted" | "cat"; close("cat"); print ENVIRON["LANG"]}'
$A 'BEGIN {getline x < "f"; print x; print "out" > "g"; close("g"); while ((getline y < "g") > 0) print y}'
$A -v v=7 'BEGIN {print v * 6}'; echo 'a,b;c' | $A -F'[,;]' '{print $3 $2 $1; $2 = "x"; print; print NF}'
$A 'BEGIN {RS=""; FS="\\n"} {print $1 "|" $2}' <<X
p1
q1

p2
q2
X
seq 1 20000 | $A '{s += $1 * $1} END {print s; printf "%.0f\\n", s}'
$A 'BEGIN { syntax'; echo $?
`;

compareScripts("text tools", {
  "grep":
    `printf 'apple\\nBanana\\ncherry 42\\n\\nfoo.bar\\n' > f; grep a f; grep -i b f; grep -v a f; grep -c . f; grep -n 'r' f; grep -o '[0-9]\\+' f; grep -E '(an)+|rr' f; grep -F . f; grep -w foo f; grep -x apple f; grep -q zzz f; echo $?; grep -P '\\d{2}' f; grep -A1 -B1 cherry f; grep x nofile; echo $?; grep -l apple f /etc/passwd; mkdir d; cp f d; grep -r apple . | sort; grep -e a -e c -m 1 f; grep --color=always a f; printf 'a\\0b' | grep -c a; grep '[' f; echo $?`,
  "grep over many files": {
    script:
      `grep -rl root /etc/passwd /etc/group /etc/shells /etc/pam.d 2>/dev/null | sort; seq 1 100000 | grep -c 7; seq 1 30000 | grep -E '^(1|2).*9$' | md5sum; grep -i -c the /usr/share/common-licenses/GPL-3; grep -P '(?<=the )\\w+' -o /usr/share/common-licenses/GPL-2 | sort | uniq -c | sort -rn | head -n 5`,
    seconds: 90,
  },
  "sed":
    `seq 1 10 > f; sed -n 3p f; sed '2,4d' f | head -n 3; sed 's/1/one/g;s/0$/zero/' f; sed -E 's/([0-9])([0-9])/\\2\\1/' f; sed -n '/5/,/7/p' f; sed '$!d' f; sed '3a after' f | head -n 5; sed '1i before' f | head -n 2; sed 'y/123/abc/' f; sed -n '$=' f; sed '1~3d' f; sed -i.bak 's/^/x/' f; head -n 2 f f.bak; echo 'a b' | sed 's/\\(.\\) \\(.\\)/\\2 \\1/'; sed '/x5/{s//FIVE/;q}' f; sed -n 'H;\${x;s/\\n/,/g;p}' f; sed 'N;P;D' f | md5sum; echo abc | sed 's/b/\\U&/'; sed 'k' f; echo $?; sed ':a;s/^\\(.\\{1,5\\}\\)$/ \\1/;ta' f | head -n 2; printf 'w out\\n' > s.sed; sed -n -f s.sed f; wc -l out; sed --debug -n p /dev/null`,
  "sed on a larger file": {
    script: `seq 1 50000 | sed -e 's/9/nine/g' -e '/00$/d' -e 's/^\\(.\\)\\(.*\\)$/\\2\\1/' | md5sum`,
    seconds: 90,
  },
  "mawk": { script: `A=mawk; ${AWK}`, needs: ["mawk"] },
  "gawk": { script: `A=gawk; ${AWK}`, needs: ["gawk"] },
  "gawk only": {
    script:
      `gawk 'BEGIN {print strftime("%F", 0, 1), gensub(/a(.)/, "<\\\\1>", "g", "abac"), toupper("x"), and(12, 10), strtonum("0x1f"); a[3]; a[1]; n = asorti(a, b); print n, b[1]; PROCINFO["sorted_in"] = "@ind_num_asc"; print length("äö")}'; gawk -i inplace '{print NR": "$0}' /dev/null; printf 'a1b22c\\n' | gawk '{print gensub(/[0-9]+/, "#", 2); n = patsplit($0, p, /[0-9]+/); print n, p[2]}'; gawk 'BEGIN {printf "%d %d\\n", 2^53, 2^53 + 1; print 017, 1e3 == 1000; c = "sort -r"; print "a\\nb" |& c; close(c, "to"); while ((c |& getline l) > 0) print l}'`,
    needs: ["gawk"],
  },
  "diff, cmp, diff3, sdiff, patch":
    `printf '1\\n2\\n3\\n4\\n' > a; printf '1\\ntwo\\n3\\n4\\n5\\n' > b; diff a b; echo $?; diff -u --label a --label b a b; diff -c --label a --label b a b; diff -y -W 30 a b; diff -q a b; diff -e a b; cmp a b; cmp -l a b | head -n 3; cmp a a; echo $?; printf '1\\n2\\n3\\nfour\\n' > c; diff3 b a c; diff3 -m b a c; sdiff -s a b; mkdir d e; cp a d/x; cp b e/x; touch d/only; diff -r d e; diff -u --label a --label b a b > p; cp a t; patch -s t p 2>/dev/null && cmp t b; diff a nofile; echo $?`,
  "diff of larger files": {
    script:
      `seq 1 5000 > a; sed 's/7/seven/' a > b; diff a b | md5sum; diff -u0 a b | tail -n +3 | wc -l; diff --minimal a b | wc -l`,
    seconds: 60,
  },
  "bc": {
    script:
      `echo '1+1; 2^100; scale=20; 1/3; sqrt(2); 5%3; obase=16; 255; obase=10; ibase=2; 1010' | bc; echo 'scale=30; 4*a(1); e(1); s(1); l(10)' | bc -l; printf 'define f(n) { if (n <= 1) return (1); return (n * f(n-1)); }\\nf(50)\\n' | bc; echo '1/0' | bc; echo 'for (i=0;i<5;i++) i^2' | bc; echo 'x=3; x+=4; x; -7/2; -7%2' | bc`,
    needs: ["bc"],
  },
  "bc: a thousand digits": {
    script: `echo 'scale=1000; 4*a(1)' | bc -l | md5sum; echo '2^5000' | BC_LINE_LENGTH=0 bc | md5sum`,
    needs: ["bc"],
    seconds: 120,
  },
  "dc": { script: `echo '3 4 + p 2 100 ^ p 10 k 1 3 / p [lap1-dsa0<b]sb 5 sa lbx' | dc`, needs: ["dc"] },
  "file": {
    script:
      `echo hello > t; gzip -nk t; printf '\\x89PNG\\r\\n\\x1a\\n' > p; printf '#!/bin/sh\\n' > s; : > e; file t t.gz p s e /bin/sh /etc/passwd /dev/null . ; file -b --mime-type t s p; file -i t; file nofile`,
    needs: ["file"],
    mask: (text) => text.replace(/last modified: [^,]*/g, ""),
  },
  "strings, tr and od on binaries": {
    script:
      `od -An -tx1 -N 20 /bin/ls; strings -n 12 /bin/true | sort | head -n 5; head -c 64 /bin/sh | md5sum; readelf -h /bin/sh | head -n 8`,
    needs: ["strings", "readelf"],
  },
  "less and more as filters": {
    script: `seq 1 100 | less | tail -n 2; seq 1 50 | more | wc -l; less -V | head -n 1`,
    needs: ["less", "more"],
  },
  "ed, ex and vi in batch": {
    script:
      `printf 'one\\ntwo\\n' > f; vim.tiny -u NONE -es -c '%s/o/0/g' -c 'normal Gothree' -c wq f < /dev/null; cat f`,
    needs: ["vim.tiny"],
    stderr: false,
  },
  "iconv and locale": {
    script:
      `printf 'ä€' | iconv -f UTF-8 -t UTF-16LE | od -An -tx1; printf '\\344' | iconv -f ISO-8859-1 -t UTF-8; echo; printf '\\377' | iconv -f UTF-8 -t ASCII; echo $?; iconv -l | wc -l`,
    needs: ["iconv"],
  },
  "perl as a text tool": {
    script:
      `seq 1 5 | perl -ne 'print if $_ % 2'; perl -pe 's/(\\w+)/\\u$1/g' <<< 'hello there'; perl -lane 'print $F[1]' <<< 'a b c'; perl -0777 -ne 'print length' /etc/passwd > /dev/null; echo $?`,
    needs: ["perl"],
  },
  "cal, column, look, col": {
    script: `printf 'a b\\ncc dd\\n' | column -t; printf 'a\\bb\\n' | col -b; cal 2 2024`,
    needs: ["column", "cal"],
  },
  "ps, pgrep and kill by name": {
    script:
      `${ASLEEP}sleep 333 & a=$!; sleep 333 & asleep $a sleep; asleep $! sleep; pgrep -c -x sleep -P $$; ps -o comm= --ppid $$ | sort | uniq -c | grep sleep; pkill -x sleep -P $$; wait; ps -p $$ -o pid= | wc -l; ps -o stat= -p $$ | cut -c1`,
    needs: ["pgrep", "ps"],
  },
  "md5 of text through many tools": {
    script:
      `cat /usr/share/common-licenses/GPL-3 | tr -cs A-Za-z '\\n' | tr A-Z a-z | sort | uniq -c | sort -k1,1nr -k2 | head -n 10; wc /usr/share/common-licenses/GPL-3`,
    seconds: 90,
  },
}, { shell: "/bin/bash" });
