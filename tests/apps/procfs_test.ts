// /proc and /dev as programs read them, and the tools that live on them.

import { compareScripts } from "../batch.ts";
import { ASLEEP, STATE } from "./waiting.ts";

compareScripts("/proc", {
  "self: exe, cwd, root, cmdline, comm, environ":
    `readlink /proc/self/exe; cd /usr; readlink /proc/self/cwd; readlink /proc/self/root; tr '\\0' ' ' < /proc/self/cmdline; echo; cat /proc/self/comm; cat /proc/$$/comm; env -i A=1 B=2 cat /proc/self/environ | tr '\\0' '\\n'; readlink /proc/self/fd/0; [ "$(readlink /proc/self)" -gt 0 ] && echo number; cat /proc/thread-self/comm; ls /proc/self/task | wc -l`,
  "status":
    `grep -E '^(Name|State|Uid|Gid|Threads|Umask|Groups|TracerPid|SigIgn|SigCgt|Tgid|NSpid)' /proc/self/status | sed -E 's/[0-9]{3,}/N/; s/(Tgid|NSpid):.*/\\1/'; awk '/^Vm(Size|RSS|Peak|HWM|Data|Stk|Exe|Lib)/ {print $1, ($2 > 0), $3}' /proc/self/status; awk '{print NF}' /proc/self/stat /proc/self/statm; awk '{print $2, $3, $7}' /proc/self/stat | sed 's/[0-9]\\{2,\\}/N/'`,
  "maps":
    `awk '{print $2, $NF}' /proc/self/maps | grep -E '(cat|awk|libc.so.6|stack|heap|ld-linux)' | sed 's/.*heap.*/heap/' | sort | uniq | head -n 20; grep -c . /proc/self/maps > /dev/null; echo $?; awk '/stack/ {print $2}' /proc/self/maps; head -n 1 /proc/self/maps | grep -cE '^[0-9a-f]{8,}-[0-9a-f]{8,} r--p 00000000 [0-9a-f]{2}:[0-9a-f]{2} [0-9]+ +/'`,
  "fd and fdinfo":
    `exec 3< /etc/passwd 4> out; readlink /proc/$$/fd/3; ls /proc/$$/fd > fds; grep -v '^25.$' fds | tr '\\n' ' '; readlink /proc/$$/fd/4 | sed "s|$PWD|.|"; grep -E '^(pos|flags)' /proc/$$/fdinfo/3; read -r x <&3; head -c 10 /proc/self/fd/3 > /dev/null; echo $?; echo via > /proc/self/fd/4; cat out; (readlink /proc/self/fd/1 | cut -d: -f1) | cat; cat < /proc/self/fd/0`,
  "limits, io, mounts":
    `awk 'NR == 1 || /open files|stack size|core/' /proc/self/limits | sed -E 's/[0-9]+ +[0-9]+/N N/'; cut -d: -f1 /proc/self/io; awk '$2 == "/proc" {print $3}' /proc/mounts; awk '$2 == "/" {print NF}' /proc/mounts | tail -n 1; awk '{print ($NF != "")}' /proc/self/mountinfo | sort -u; grep -c ' / ' /proc/self/mountinfo > /dev/null; echo $?`,
  "cpuinfo, meminfo, stat, uptime, loadavg, version":
    `grep -c '^processor' /proc/cpuinfo | grep -c '[1-9]'; grep -m1 -c '^flags.*sse2' /proc/cpuinfo; awk '/^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree)/ {print $1, $3}' /proc/meminfo; awk '/^cpu / {print NF}' /proc/stat; awk '/^(btime|processes|ctxt)/ {print $1, ($2 > 0)}' /proc/stat; awk '{print NF, ($1 > 0)}' /proc/uptime; awk '{print NF}' /proc/loadavg; cut -d' ' -f1,2 /proc/version; grep -E 'tmpfs|proc$' /proc/filesystems | sort -u | grep -cE '.'`,
  "sys/kernel":
    `cat /proc/sys/kernel/ostype; cat /proc/sys/kernel/hostname; cat /proc/sys/kernel/pid_max | grep -c .; cat /proc/sys/kernel/osrelease | grep -cE '^[0-9]+\\.'; wc -l < /proc/sys/kernel/random/uuid; cat /proc/sys/kernel/random/boot_id | wc -c; cat /proc/sys/fs/file-max | grep -c .; uname -r | cmp - /proc/sys/kernel/osrelease`,
  "a process by number":
    `${ASLEEP}sleep 500 & p=$!; asleep $p sleep; cat /proc/$p/comm; tr '\\0' ' ' < /proc/$p/cmdline; echo; grep State /proc/$p/status; awk '{print $3}' /proc/$p/stat; [ "$(awk '{print $4}' /proc/$p/stat)" = $$ ] && echo parent; readlink /proc/$p/exe; kill $p; wait $p; [ -e /proc/$p ] || echo gone; ls /proc/999999; echo $?; cat /proc/1/comm > /dev/null; echo $?`,
  "a zombie":
    `${ASLEEP}${STATE}sh -c 'sh -c "until [ -e go ]; do sleep 0.05; done; exit 3" & echo $! > pid; exec sleep 500' & p=$!; asleep $p sleep; : > go; state $(cat pid) Z; grep State /proc/$(cat pid)/status; tr '\\0' ' ' < /proc/$(cat pid)/cmdline; kill -PIPE $p; wait; rm pid go`,
  "threads in task": {
    script: `python3 -c '
import threading, os, time
e = threading.Event(); t = [threading.Thread(target=e.wait) for _ in range(3)]; [x.start() for x in t]; time.sleep(0.1)
print(len(os.listdir("/proc/self/task")), [l for l in open("/proc/self/status") if l.startswith("Threads")]); e.set()'`,
    needs: ["python3"],
  },
  "locks": {
    script:
      `exec 9> f; flock -n 9; grep -c "FLOCK  ADVISORY  WRITE [0-9]* [0-9a-f]*:[0-9a-f]*:$(stat -c %i f) 0 EOF" /proc/locks
python3 -c '
import fcntl, os
f = open("f", "w"); i = os.fstat(f.fileno()).st_ino; fcntl.lockf(f, fcntl.LOCK_EX, 5, 3); fcntl.lockf(f, fcntl.LOCK_SH, 0, 10)
for l in open("/proc/locks"):
    if ":%d " % i in l: w = l.split(); print(w[1:4], w[4] == str(os.getpid()) or w[1] == "FLOCK", w[6:])'; exec 9>&-; grep -c "$(stat -c :%i f) " /proc/locks`,
    needs: ["flock", "python3"],
  },
  "capabilities, nice and the largest pid are the host's":
    `grep ^Cap /proc/self/status; nice; cat /proc/sys/kernel/pid_max; ulimit -e 5; echo $?; ulimit -r 5; echo $?`,
  "what cannot be done":
    `echo x > /proc/version; echo $?; cat /proc/nosuch; echo $?; rm /proc/uptime; echo $?; mkdir /proc/x; echo $?; cat /proc/self/mem | head -c 1; ls -ld /proc/self/fd | cut -c1-10; stat -c '%F %a' /proc/version /proc/self/exe`,
  "ps": {
    script:
      `${ASLEEP}ps -o pid= -p $$ | wc -l; ps -o comm= -p $$; sleep 444 & asleep $! sleep; ps -o args= -p $!; ps -o stat=,ppid= -p $! | sed "s/$$/PARENT/"; ps ax -o args | grep -c '[s]leep 444'; ps -ef | head -n 1; ps aux | head -n 1; ps -C sleep -o pid= | grep -cw $!; ps -p 999999; echo $?; ps --no-headers -o nlwp,ni,tty -p $!; kill $!`,
    // Columns are as wide as the largest pid, which is the kernel's choice.
    mask: (text) => text.replace(/ +/g, " ").replace(/^ /gm, ""),
    needs: ["ps"],
  },
  "pgrep, pkill, pidof, pstree, kill": {
    script:
      `${ASLEEP}sleep 455.5 & p=$!; asleep $p sleep; [ $(pgrep -f 'sleep 455\\.5') = $p ] && echo found; pgrep -x nosuchthing; echo $?; pkill -f 'sleep 455\\.5'; wait $p; echo $?; pgrep -P $$ | wc -l`,
    needs: ["pgrep"],
    stderr: false,
  },
  "free, uptime, vmstat, w": {
    script:
      `free | awk '{print $1, NF}'; free -m | head -n 1; uptime | grep -c 'load average'; uptime -p | cut -d' ' -f1; vmstat | head -n 2 | wc -l`,
    needs: ["free", "uptime", "vmstat"],
  },
  "top -b -n1": {
    script:
      `COLUMNS=80 top -b -n1 | head -n 7 | sed 's/^ *//' | cut -c1-3; top -b -n1 -p $$ | tail -n 1 | awk '{print $2, $NF}'; top -b -n1 | awk '$NF == "top"' | wc -l`,
    needs: ["top"],
  },
  "lsof and fuser": {
    script:
      `exec 5> held; lsof -p $$ -a -d 5 -F n | tail -n 1 | sed "s|$PWD|.|"; lsof -p $$ -a -d cwd -F n | grep -c "^n$PWD"; lsof held | tail -n 1 | awk '{print $1, $4}'`,
    needs: ["lsof"],
    stderr: false,
  },
  "/dev":
    `ls -l /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx | awk '{print $1, $3, $5, $6, $NF}'; readlink /dev/fd /dev/stdin /dev/stdout /dev/stderr; stat -c '%F %t %T' /dev/null /dev/zero; head -c 4 /dev/zero | od -An -tx1; head -c 100 /dev/urandom | sort -u | wc -c | grep -cv '^0'; echo x > /dev/tty; echo $?; [ -d /dev/shm ] && echo a > /dev/shm/denix-test-$$ && cat /dev/shm/denix-test-$$; rm -f /dev/shm/denix-test-$$; [ -c /dev/ptmx ] && [ -d /dev/pts ] && echo pts`,
  "ptys made inside": {
    script: `python3 -c '
import pty, os
pid, fd = pty.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", "tty | cut -c1-9; stty size; echo out; read x; echo got $x"])
os.write(fd, b"typed\\n"); out = b""
while True:
    try: d = os.read(fd, 1000)
    except OSError: break
    if not d: break
    out += d
print(out.decode().replace("\\r\\n", "|"), os.waitpid(pid, 0)[1])'; script -qc 'tty | cut -c1-9; echo in script' /dev/null < /dev/null`,
    needs: ["python3", "script"],
  },
}, { shell: "/bin/bash" });
