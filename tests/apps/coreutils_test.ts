// coreutils, findutils and util-linux basics: what each does to files, and what it says about them.

import { compareScripts } from "../batch.ts";

compareScripts("coreutils", {
  "cat, tac, nl, rev":
    `seq 1 5 > f; cat f f; cat -n f; cat -A /etc/hostname | tail -c 3; tac f; nl f; rev f; cat nofile; echo $?`,
  "cp":
    `mkdir d; echo a > d/f; chmod 640 d/f; ln -s f d/l; touch -d '2020-02-03 04:05:06' d/f; cp -a d e; cp d/f g; cp -r d h; cp --preserve=mode,timestamps d/f i; stat -c '%n %a %Y %F' e/f i; readlink e/l; cp d/f; echo $?; cp -v g j; cp -n i g; cp --reflink=auto g k; cp -l g m`,
  "mv and rename over":
    `echo 1 > a; echo 2 > b; mkdir d; mv a b; cat b; mv b d/; mv d e; ls e; mv e/b c; mv -v c f; mv nofile x; echo $?; mkdir x y; touch y/z; mv x y/; find . | sort; mv y y/x; echo $?`,
  "rm and rmdir":
    `mkdir -p a/b/c; touch a/f a/b/g; rm a; echo $?; rmdir a; echo $?; rm -r a/b; ls a; rm -rfv a; rm -f nofile; echo $?; rm nofile; echo $?; mkdir -p x/y/z; rmdir -p x/y/z; ls`,
  "mkdir, install, mktemp":
    `mkdir -p -m 750 a/b; stat -c '%a' a a/b; install -d -m 700 i; echo x > f; install -m 755 f i/g; stat -c '%a %s' i/g; t=$(mktemp -d ./tXXXXXX); stat -c '%a %F' $t; rmdir $t; mktemp -u zzzXXXX | wc -c`,
  "ln and readlink":
    `echo x > a; ln a b; ln -s a c; ln -s /nowhere d; ln -sf b c; ls -li | awk '{print $3, $NF}'; stat -c '%h' a; readlink c d; readlink -f c | sed "s|$PWD|.|"; readlink -e d; echo $?; realpath --relative-to=. c; ln a b; echo $?`,
  "ls":
    `mkdir d; echo abc > f; ln -s f l; mkfifo p; touch -d '2021-01-02 03:04' f d .hidden; chmod 4755 f; ls; ls -a; ls -F; ls -l f; ls -ld d --time-style=full-iso | sed 's/ 4096 / /'; ls -1 -r; ls -S; ls nofile; echo $?; ls -R /etc/skel -A | sort; ls --color=always f l p`,
  "stat":
    `echo hello > f; chmod 604 f; touch -m -d @1234567890 f; touch -a -d @1000000000.5 f; stat -c '%n %s %a %A %F %h %U %G %X %Y %o %t' f; stat -c %x f; stat -f -c '%T' . > /dev/null; echo $?; stat nofile; echo $?; stat -L -c %F /dev/stdin`,
  "chmod":
    `touch f; for m in 000 777 4711 2755 1777 u+w,g-x,o=r a+X +t g=u; do chmod $m f; stat -c '%a %A' f; done; mkdir -p d/e; touch d/f; chmod -R o-rwx d; stat -c '%a' d d/e d/f; chmod --reference=d f; chmod 999 f; echo $?`,
  "chown and chgrp":
    `touch f; ln -s f l; chown 12:34 f; stat -c '%u:%g' f l; chown -h 5 l; stat -c '%u:%g' f l; chgrp 7 f; stat -c %g f; chown root:root f; chmod 6755 f; chown 1 f; stat -c '%a' f`,
  "touch":
    `touch a; touch -d '2001-02-03 04:05:06.789' b; touch -r b c; touch -c nofile; stat -c '%n %Y %y' b c; touch -t 202012312359 d; stat -c %Y d; ls; touch nodir/x; echo $?`,
  "dd":
    `seq 1 1000 > f; dd if=f bs=10 skip=3 count=2 status=none; dd if=/dev/zero of=z bs=1k count=3 2>&1 | head -n 2; printf xyz | dd of=z bs=1 seek=5 conv=notrunc status=none; od -c z | head -n 3; dd if=f conv=ucase bs=1 count=5 status=none; dd if=nofile; echo $?; dd if=f of=g bs=100 conv=sparse,fsync status=none; cmp f g`,
  "truncate and fallocate":
    `truncate -s 5000 f; stat -c %s f; truncate -s -1000 f; stat -c %s f; truncate -s %512 f; stat -c %s f; echo abc > g; truncate -s 2 g; od -c g; fallocate -l 8192 h; stat -c %s h; truncate -r g f; stat -c %s f`,
  "head, tail, split, csplit":
    `seq 1 100 > f; head -n 3 f; head -n -97 f; head -c 5 f; tail -n 2 f; tail -n +99 f; tail -c 4 f; split -l 30 f x; wc -l x*; split -n 3 f y; cat y* | cmp - f; csplit -s f 20 50; wc -l xx*; head -n 1 f /etc/hostname | head -n 2`,
  "tail -f sees what is appended, tail -F what comes in the file's place":
    `echo one > f; (sleep 0.5; echo two >> f; sleep 0.5; echo three >> f) & timeout 50 tail -n +1 -f f --pid=$!; echo $?; (sleep 0.5; echo four >> f; mv f g; sleep 0.5; echo new > f; sleep 1) & timeout 50 tail -n 1 -F f --pid=$!; echo $?`,
  "wc, sort, uniq, comm, join":
    `printf 'b 2\\na 1\\nc 10\\na 1\\n' > f; wc f; wc -c < f; sort f; sort -u f; sort -k2n f; sort -k2 -r f; sort -c f; echo $?; sort f | uniq -c; sort f | uniq -d; printf 'a\\nb\\n' > x; printf 'b\\nc\\n' > y; comm x y; join <(sort -u f) x 2>/dev/null; printf 'v1.10\\nv1.9\\n' | sort -V; printf '10K\\n2M\\n' | sort -h`,
  "sort of a file larger than a buffer": {
    script:
      `seq 1 60000 | sort -R --random-source=/etc/passwd | sort -n | md5sum; seq 60000 -1 1 | sort -S 100k -n | md5sum; seq 1 30000 | sort --parallel=2 -r | head -n 2`,
    seconds: 120,
  },
  "cut, paste, tr, expand, fold, fmt, column":
    `printf 'a:b:c\\nd:e:f\\n' > f; cut -d: -f2- f; cut -c1,3 f; paste -d, f f; paste -s f; tr a-z A-Z < f; tr -d : < f; tr -s a < f; printf 'a\\tb\\n' | expand -t 4; echo '        x' | unexpand -a | od -c; echo 'the quick brown fox' | fold -s -w 8; seq 1 30 | tr '\\n' ' ' | fmt -w 30; seq 1 9 | pr -3 -t`,
  "od, xxd and friends":
    `printf 'hello\\0world\\377' > f; od f; od -An -tx1 f; od -c f; od -Ax -td2 f; od -tf4 f; hexdump -C f 2>/dev/null || true`,
  "checksums":
    `printf 'abc' > f; md5sum f; sha1sum f; sha224sum f; sha256sum f; sha384sum f; sha512sum f; b2sum f; cksum f; sum f; sha256sum f > s; sha256sum -c s; echo x >> f; sha256sum -c s; echo $?`,
  "checksums of a larger file": {
    script: `seq 1 200000 > f; md5sum f; sha256sum f; cksum f; b2sum f`,
    seconds: 120,
  },
  "base64, base32, basenc":
    `seq 1 30 | base64; seq 1 30 | base64 | base64 -d | md5sum; echo hello | base32; echo hello | base32 | base32 -d; echo hi | basenc --base16; echo '!!' | base64 -d; echo $?`,
  "seq, factor, expr, numfmt":
    `seq 3; seq 1 0.5 3; seq -w 8 11; seq -s, 5; factor 12 97 1234567890 18446744073709551615; expr 3 + 4; expr abc : 'a\\(.*\\)'; expr length hello; expr 1 \\> 2; echo $?; numfmt --to=iec 1048576; numfmt --from=si 1M; numfmt --to=si --format=%.2f 123456`,
  "date":
    `date -u -d @0; date -u -d '2024-02-29 12:00 +1 year' +%F; date -u -d @1700000000 '+%Y-%m-%d %H:%M:%S %j %U %a %b %s %N'; TZ=America/New_York date -d @1700000000; date -u -d 'next monday 2024-01-01' +%F; date -d nonsense; echo $?; date -R -u -d @86400; date --iso-8601=seconds -u -d @1`,
  "env, printenv, id, whoami, groups, logname":
    `printenv PATH; env -u PATH /usr/bin/printenv PATH; echo $?; id; id -u; id -un; id -G; whoami; groups; id nobody; id nosuchuser; echo $?`,
  "uname, hostname, nproc, arch":
    `uname -s; uname -m; uname -n; uname -o; arch; setarch linux32 uname -m; [ $(nproc) -ge 1 ] && hostname`,
  "basename, dirname, pathchk, realpath":
    `basename /a/b.c .c; basename -a x/y z; dirname /a/b /c d; pathchk -p 'a:b'; echo $?; realpath -m /a/../b/./c; realpath -s /etc/..; realpath nofile/x; echo $?`,
  "true, false, yes, test, [, printf, echo":
    `/bin/true; echo $?; /bin/false; echo $?; yes no | head -n 2; /usr/bin/test 1 -lt 2; echo $?; /usr/bin/[ a = b ]; echo $?; /usr/bin/printf '%05.1f|%q\\n' 3.14159 'a b'; /bin/echo -n -e 'a\\tb\\n'; true --version | head -n 1`,
  "timeout, nice, nohup, sleep":
    `timeout 0.3 sleep 5; echo $?; timeout 50 true; echo $?; bash -c 'timeout -s KILL 0.3 sleep 5; echo $?' 2>/dev/null; timeout 2 sh -c 'trap "kill \\$!; echo term; exit 3" TERM; sleep 100 & wait'; echo $?; timeout --preserve-status 0.3 sleep 5; echo $?; nice -n 5 nice; nice; nohup echo hup < /dev/null 2>&1 | cat; sleep 0.1 0.1`,
  "tee, xargs":
    `seq 3 | tee a b; cat a b; seq 10 | xargs -n 3 echo; printf 'a b\\0c\\0' | xargs -0 -n 1 echo; seq 3 | xargs -I{} echo x{}y; seq 4 | xargs -P 2 -n 1 sh -c 'exit 0'; echo $?; echo x | xargs false; echo $?; echo a | xargs nosuchprogram; echo $?; seq 1000 | xargs | wc -w; xargs -r echo never < /dev/null`,
  "df, du, sync":
    `mkdir d; head -c 100000 /dev/zero > d/f; du -b d/f; du -s --apparent-size -B1 d/f | cut -f1; df . > /dev/null; echo $?; df nofile; echo $?; sync; echo $?`,
  "shuf, tsort, ptx":
    `seq 10 | shuf --random-source=/etc/passwd | sort -n | tr '\\n' ' '; shuf -i 1-5 -n 0; printf 'a b\\nb c\\n' | tsort; shuf -e x; echo hello world | ptx -w 40`,
  "stty and tty without a terminal": `tty; echo $?; stty; echo $?; tty -s; echo $?`,
  "find":
    `mkdir -p a/b a/c; touch a/f1 a/b/f2.txt a/c/f3.TXT; ln -s f1 a/l; touch -d '2000-01-01' a/old; chmod 600 a/f1; find a | sort; find a -name '*.txt'; find a -iname '*.txt' | sort; find a -type d | sort; find a -type l -printf '%p %l\\n'; find a -newer a/old -type f | sort; find a -perm 600; find a -empty -type f | wc -l; find a -maxdepth 1 -type f | sort; find a -name 'f*' -exec echo got {} \\; | sort; find a -type f -exec echo {} + | wc -w; find a -name f1 -delete; find a -path '*b*' -prune -o -type f -print | sort; find a -size -1k -printf '%s %m\\n' | sort -u; find nodir; echo $?; find a -mtime +300 -name old`,
  "find over /etc and /usr/share": {
    script:
      `find /etc -maxdepth 1 2>/dev/null | sort | md5sum; find /usr/share/doc -maxdepth 2 -name copyright 2>/dev/null | wc -l; find /usr/lib -maxdepth 1 -type l | sort | md5sum`,
    seconds: 120,
  },
  "a deep and a wide tree": {
    script:
      `mkdir -p $(seq -s/ 1 60); find . -type d | wc -l; i=0; while [ $i -lt 300 ]; do : > w$i; i=$((i+1)); done; ls | wc -l; rm w*; ls; rm -r 1; ls`,
    seconds: 90,
  },
  "names with odd bytes":
    `cd "$(mktemp -d)"; touch 'a b' "c'd" 'é' "$(printf 'x\\377y')" "$(printf 'n\\nl')" -- -dash; ls -b; ls -Q; ls | wc -l; find . -print0 | tr '\\0' '\\n' | wc -l; rm -- -dash; rm -r .; echo $?; stat -c %n *`,
  "sparse files and holes":
    `truncate -s 10M f; echo x | dd of=f bs=1 seek=5000000 conv=notrunc status=none; wc -c f; cp --sparse=always f g; cmp f g && echo same; tail -c +5000001 g | head -c 1; md5sum f; rm f g`,
  "getconf, locale, tput":
    `getconf PAGESIZE; getconf ARG_MAX; getconf NAME_MAX /; locale charmap; getconf LONG_BIT; tput -T xterm cols; tput -T xterm bold | od -c`,
  "mknod, mkfifo, link, unlink":
    `mkfifo -m 600 p; stat -c '%F %a' p; echo a > f; link f g; stat -c %h g; unlink g; stat -c %h f; unlink nofile; echo $?`,
  "flock, setsid, getopt, logger":
    `flock f -c 'echo locked'; (flock -n 9 && echo first; flock -n f -c 'echo never' || echo busy) 9> f; setsid -w sh -c 'exit 4'; echo $?; getopt -o ab: --long long,arg: -- -a -b x --long rest`,
  "writing to /dev/full and /dev/null":
    `echo x > /dev/full; echo $?; cat /etc/passwd > /dev/full; echo $?; echo x > /dev/null; head -c 5 /dev/zero | od -c; head -c 10 /dev/urandom | wc -c; wc -c < /dev/null`,
  "permission errors as another user": {
    script:
      `touch f; chmod 600 f; mkdir d; chmod 700 d; chmod 755 .; chmod o+x ..; setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'id -u; cat f; echo $?; ls d; echo x > g; cat /etc/shadow; kill -0 1; echo $?; rm f'; ls`,
    needs: ["setpriv"],
  },
}, { shell: "/bin/bash" });
