// Interpreters: python3, perl, sqlite3; and luajit and node, which make machine code as they go.

import { compareScripts } from "../batch.ts";

const python = (code: string, seconds = 60) => ({
  script: `cat > s.py <<'PYTHON'\n${code}\nPYTHON\npython3 s.py; echo "status $?"; rm -rf s.py __pycache__\n`,
  needs: ["python3"],
  seconds,
});

compareScripts("python3", {
  "hello, arguments and exit status": {
    script:
      `python3 -c 'print("hello", 6*7)'; python3 - a b <<< 'import sys; print(sys.argv); sys.exit(5)'; echo $?; python3 -c 'import sys; sys.stderr.write("err\\n"); raise SystemExit("bye")'; echo $?; python3 --version; echo 'print(input())' > x.py; echo typed | python3 x.py; rm x.py`,
    needs: ["python3"],
  },
  "classes, generators, exceptions": python(`
from dataclasses import dataclass, field
from abc import ABC, abstractmethod
import functools, itertools, collections, contextlib
class Shape(ABC):
    @abstractmethod
    def area(self): ...
    def __lt__(self, other): return self.area() < other.area()
@dataclass
class Rect(Shape):
    w: float
    h: float = 2
    tags: list = field(default_factory=list)
    def area(self): return self.w * self.h
class Circle(Shape):
    def __init__(self, r): self.r = r
    def area(self): return 3.141592653589793 * self.r ** 2
    def __repr__(self): return f"Circle({self.r!r})"
print(sorted([Rect(3), Circle(1), Rect(1, 1)]))
def gen(n):
    a, b = 0, 1
    for _ in range(n):
        yield a
        a, b = b, a + b
print(list(gen(20)), sum(itertools.islice(gen(100), 50)))
try:
    try: 1 / 0
    except ZeroDivisionError as e: raise ValueError("outer") from e
except ValueError as e: print(repr(e), repr(e.__cause__))
@functools.lru_cache(None)
def f(n): return n if n < 2 else f(n - 1) + f(n - 2)
print(f(200), f.cache_info())
print(collections.Counter("mississippi").most_common(2), 2 ** 200, 10 ** 30 // 7, -7 // 2, -7 % 3, divmod(17, -5))
with contextlib.suppress(KeyError): {}["x"]
print(f"{3.14159:.2f} {255:#x} {1e100} {0.1 + 0.2} {float('inf')} {1 / 3!r:>25}", round(2.5), round(3.14159, 2))
match {"k": [1, 2, 3]}:
    case {"k": [a, *rest]}: print(a, rest)
import sys; sys.exit(3)
`),
  "json, re and text": python(`
import json, re, textwrap, string, unicodedata, base64, hashlib, zlib, struct, csv, io
data = {"a": [1, 2.5, None, True], "ü": "€", "n": {"x": -1e-10}}
s = json.dumps(data, sort_keys=True); print(s, json.loads(s) == data)
print(json.dumps(data, ensure_ascii=False, indent=1))
try: json.loads("{bad")
except json.JSONDecodeError as e: print(e)
print(re.findall(r"(\\w+)@(\\w+)\\.com", "a@b.com, c@d.com"), re.sub(r"(?P<x>\\d+)", lambda m: str(int(m["x"]) * 2), "a1b22"))
print(re.split(r"[,;]\\s*", "a, b;c"), bool(re.fullmatch(r"(a|b)*c", "ab" * 1000 + "c")))
print(textwrap.fill("the quick brown fox jumps over the lazy dog " * 3, 30))
print(hashlib.sha256(b"abc").hexdigest(), hashlib.md5(b"abc").hexdigest(), zlib.crc32(b"abc"), len(zlib.compress(b"a" * 10000)))
print(base64.b64encode(bytes(range(20))), struct.pack("<iqd", -1, 2, 0.5).hex(), "straße".upper(), unicodedata.normalize("NFD", "é").encode())
out = io.StringIO(); csv.writer(out).writerows([[1, "a,b", 'q"']]); print(out.getvalue())
`),
  "subprocess and os": python(`
import subprocess, os, sys, signal
r = subprocess.run(["sh", "-c", "cat; echo err >&2; exit 4"], input="hello\\n", capture_output=True, text=True)
print(r.returncode, repr(r.stdout), repr(r.stderr))
p = subprocess.Popen(["sort"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(p.communicate(b"b\\na\\n"))
try: subprocess.run(["sleep", "5"], timeout=0.3)
except subprocess.TimeoutExpired as e: print("timeout", round(e.timeout, 1))
print(subprocess.run(["sh", "-c", "kill -9 $$"]).returncode, subprocess.call("exit 7", shell=True))
try: subprocess.run(["/nonexistent"])
except FileNotFoundError as e: print(e)
pid = os.fork()
if pid == 0: os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
r, w = os.pipe(); os.write(w, b"x" * 5000); os.close(w); print(len(os.read(r, 10000)))
got = []
signal.signal(signal.SIGUSR1, lambda s, f: got.append(s)); os.kill(os.getpid(), signal.SIGUSR1); print(got)
signal.signal(signal.SIGALRM, lambda s, f: got.append("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1); signal.pause(); signal.setitimer(signal.ITIMER_REAL, 0); print(got[-1])
os.mkdir("d"); open("d/f", "w").write("x"); os.rename("d/f", "d/g"); print(os.listdir("d"), os.stat("d/g").st_size); os.remove("d/g"); os.rmdir("d")
print(os.popen("echo popen").read(), os.environ["HOME"] == os.getcwd())
`),
  "threading": python(`
import threading, queue, time, concurrent.futures as cf
q = queue.Queue(); lock = threading.Lock(); total = 0
def worker():
    global total
    while (n := q.get()) is not None:
        with lock: total += n
threads = [threading.Thread(target=worker) for _ in range(4)]
for t in threads: t.start()
for n in range(1000): q.put(n)
for _ in threads: q.put(None)
for t in threads: t.join()
print(total)
with cf.ThreadPoolExecutor(4) as pool: print(sum(pool.map(lambda x: x * x, range(100))))
e = threading.Event(); threading.Timer(0.2, e.set).start(); print(e.wait(50))
c = threading.Condition(); done = []
def waiter():
    with c:
        while not done: c.wait()
        print("notified")
t = threading.Thread(target=waiter); t.start(); time.sleep(0.1)
with c: done.append(1); c.notify_all()
t.join(); b = threading.Barrier(3); r = []
ts = [threading.Thread(target=lambda: r.append(b.wait())) for _ in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]; print(sorted(r), threading.active_count())
local = threading.local(); local.x = 1; print(hasattr(local, "x")); s = threading.Semaphore(0)
print(s.acquire(timeout=0.1))
`),
  "multiprocessing": python(
    `
import multiprocessing as mp
def square(x): return x * x
if __name__ == "__main__":
    with mp.Pool(2) as pool: print(pool.map(square, range(10)))
    q = mp.Queue(); p = mp.Process(target=q.put, args=({"a": 1},)); p.start(); print(q.get()); p.join(); print(p.exitcode)
`,
    90,
  ),
  "files, mmap, tempfile, pathlib, shutil": python(`
import mmap, tempfile, pathlib, shutil, os, glob, zipfile, tarfile, gzip, pickle, time, fcntl
p = pathlib.Path("t"); p.mkdir(); (p / "a.txt").write_text("hello\\n" * 1000); print((p / "a.txt").stat().st_size)
with open("t/a.txt", "r+b") as f:
    m = mmap.mmap(f.fileno(), 0); m[0:5] = b"HELLO"; print(m.find(b"hello"), m[:12]); m.flush(); m.close()
    fcntl.flock(f, fcntl.LOCK_EX); fcntl.lockf(f, fcntl.LOCK_EX, 10)
print(open("t/a.txt").readline().strip()); shutil.copytree("t", "u"); print(sorted(glob.glob("**/*.txt", recursive=True)))
with zipfile.ZipFile("z.zip", "w") as z: z.write("t/a.txt")
print(zipfile.ZipFile("z.zip").namelist()); gzip.open("g.gz", "wt").write("x"); print(gzip.open("g.gz").read())
with tempfile.TemporaryDirectory() as d: print(os.path.isdir(d))
with tempfile.NamedTemporaryFile() as f: f.write(b"abc"); f.flush(); print(os.path.getsize(f.name))
print(pickle.loads(pickle.dumps({1: [2, (3,)]}))); shutil.rmtree("t"); shutil.rmtree("u"); os.remove("z.zip"); os.remove("g.gz")
f = open("s", "w+b"); f.seek(100000); f.write(b"x"); f.truncate(50); f.seek(0, 2); print(f.tell()); os.remove("s")
`),
  "numbers, decimal, random, datetime": python(`
import math, decimal, fractions, random, datetime, statistics, cmath
print(math.pi, math.factorial(30), math.gcd(48, 36), math.isqrt(10 ** 20), math.sin(1), math.log(10), math.exp(1), math.fmod(-7, 3), math.hypot(3, 4))
for v in (0.1, 1e-7, 123456789.123456789, 1.7976931348623157e308, 5e-324, -0.0): print(repr(v), v.hex(), "%.17g %e" % (v, v))
decimal.getcontext().prec = 50; print(decimal.Decimal(2).sqrt(), fractions.Fraction(1, 3) + fractions.Fraction(1, 6))
random.seed(42); print([random.randint(1, 100) for _ in range(5)], random.random(), random.gauss(0, 1), random.sample(range(100), 3))
print(datetime.datetime(2024, 2, 29) + datetime.timedelta(days=366), datetime.date(2024, 1, 1).strftime("%A %j"), cmath.sqrt(-1))
print(statistics.stdev([1, 2, 3, 4]), 3 ** 1000 % 1000007, pow(3, -1, 7), float("1e400"), int("ff", 16), 0.1 + 0.2 == 0.3, hash(1.5), hash("x") == hash("x"))
`),
  "select, poll and epoll": python(`
import os
import select; r, w = os.pipe(); print(select.select([r], [], [], 0.1)); os.write(w, b"x"); print(select.select([r], [w], [], 1)[0] == [r])
p = select.poll(); p.register(r, select.POLLIN); print(p.poll(100)[0][1]); e = select.epoll(); e.register(r); print(e.poll(0.1)[0][1])
`),
  "a longer computation": python(
    `
def sieve(n):
    s = bytearray([1]) * (n + 1); s[0:2] = b"\\0\\0"
    for i in range(2, int(n ** 0.5) + 1):
        if s[i]: s[i * i::i] = bytes(len(range(i * i, n + 1, i)))
    return sum(s)
print(sieve(200000))
def queens(n, row=0, cols=0, d1=0, d2=0):
    if row == n: return 1
    return sum(queens(n, row + 1, cols | 1 << c, d1 | 1 << (row + c), d2 | 1 << (row - c + n)) for c in range(n) if not (cols >> c & 1 or d1 >> (row + c) & 1 or d2 >> (row - c + n) & 1))
print(queens(6))
d = {}
for i in range(20000): d[str(i * 7919 % 10007)] = i
print(len(d), sum(d.values()))
`,
    120,
  ),
}, { shell: "/bin/bash" });

compareScripts("perl", {
  "text and data":
    `perl -e 'my %h = (a => 1, b => [1, 2, {c => 3}]); print join(",", map { "$_=" . (ref $h{$_} || $h{$_}) } sort keys %h), "\\n"; printf "%.3f %s %e %b %o\\n", 3.14159, 1e15, 12345.678, 10, 8; print "ok\\n" if "foobar" =~ /^(?<x>fo+)(?=bar)/; print "$+{x} $1\\n"; my @s = sort { $b <=> $a } (3, 10, 2); print "@s\\n"; print scalar reverse("abc"), " ", ucfirst lc "HELLO", " ", join("|", split /,/, "a,b,c"), "\\n"; local $_ = "x1y2"; s/(\\d)/<$1>/g; tr/a-z/A-Z/; print "$_\\n"; print sprintf("%vd", "1.22.333"), " ", 2**0.5, " ", 10 % 3, " ", -10 % 3, " ", int(-3.7), "\\n"'`,
  "packages, closures, exceptions":
    `perl -e 'package A; sub new { my ($c, %a) = @_; bless {%a}, $c } sub name { $_[0]{name} } package B; our @ISA = ("A"); sub name { "B:" . $_[0]->SUPER::name() } package main; print B->new(name => "x")->name, "\\n"; my @c = map { my $n = $_; sub { $n++ } } 1..2; $c[0]->(); print $c[0]->(), $c[1]->(), "\\n"; eval { die { code => 5 } }; print $@->{code}, "\\n"; eval { die "text\\n" }; print $@; warn "careful\\n"; exit 3'; echo $?`,
  "modules":
    `perl -MList::Util=sum,max,shuffle -MPOSIX=floor,strftime -MData::Dumper -MDigest::MD5=md5_hex -MTime::HiRes -MFile::Temp=tempdir -MStorable=dclone -MEncode -e 'print sum(1..100), " ", max(3, 9, 2), " ", floor(-2.5), " ", strftime("%F", gmtime 0), " ", md5_hex("abc"), "\\n"; $Data::Dumper::Sortkeys = 1; print Dumper({a => [1, undef], b => \\"s"}); print length(Encode::decode("UTF-8", "\\xc3\\xa4")), "\\n"; print -d tempdir(CLEANUP => 1) ? "dir\\n" : "no\\n"'`,
  "files, pipes, fork and signals":
    `perl -e 'open my $f, ">", "f" or die; print $f "a\\nb\\n"; close $f; open $f, "<", "f"; my @l = <$f>; print scalar @l, "\\n"; open my $p, "-|", "sort -r f" or die; print <$p>; close $p; my $pid = fork; if (!$pid) { exit 7 } waitpid $pid, 0; print $? >> 8, "\\n"; $SIG{ALRM} = sub { die "alarm\\n" }; eval { alarm 1; sleep 10; }; print $@; $SIG{USR1} = sub { print "usr1\\n" }; kill USR1 => $$; print \`echo backtick\`; system("exit 3"); print $? >> 8, "\\n"; pipe my $r, my $w; if (!fork) { print $w "child\\n"; exit } close $w; print <$r>; unlink "f"; print -e "f" ? "there" : "gone", "\\n"; open $f, "<", "nofile" or print "$!\\n"'`,
  "a computation and big text": {
    script:
      `perl -e 'my $n = 0; for my $i (2..5000) { my $p = 1; for (my $j = 2; $j * $j <= $i; $j++) { if ($i % $j == 0) { $p = 0; last } } $n += $p } print "$n\\n"; my $t = "abc" x 50000; my $c = () = $t =~ /ca/g; print "$c\\n"; my %w; $w{$_ % 997}++ for 1..50000; print scalar(keys %w), "\\n"'`,
    seconds: 90,
  },
  "sprintf, pack, unpack, sort and local time":
    `perl -e 'print unpack("H*", pack("NnCa3xd<", 1, 2, 3, "ab", 1.5)), "\\n"; print join(",", unpack("(A2)*", "aabbcc")), "\\n"; print scalar(gmtime(1e9)), "\\n"; print 0.1 + 0.2, " ", 1e21, " ", 1/7, " ", 9**20, " ", 0xff, " ", oct("0b101"), "\\n"; printf "%s %s\\n", 18446744073709551615, -9223372036854775808; use bigint; print 2**100, "\\n"'`,
}, { shell: "/bin/bash", needs: ["perl"] });

const SQL = `
CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age REAL, UNIQUE(name));
INSERT INTO p(name, age) VALUES ('ann', 30.5), ('bob', 25), ('cy', NULL);
SELECT * FROM p ORDER BY age DESC NULLS LAST;
CREATE INDEX i ON p(age); EXPLAIN QUERY PLAN SELECT * FROM p WHERE age > 26;
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000) INSERT INTO p(name, age) SELECT 'n' || x, x % 90 FROM c;
SELECT count(*), avg(age), max(name), total(age), group_concat(id) FROM p WHERE id < 10;
SELECT age, count(*) n FROM p GROUP BY age HAVING n > 22 ORDER BY n DESC, age LIMIT 5;
BEGIN; DELETE FROM p WHERE id % 2; SELECT count(*) FROM p; ROLLBACK; SELECT count(*) FROM p;
SELECT json_extract('{"a":[1,2]}', '$.a[1]'), printf('%.3f', 3.14159), hex(zeroblob(2)), strftime('%Y', 0, 'unixepoch'), upper('x'), 7/2, 7.0/2, 1e20, abs(-3), round(2.567, 2);
SELECT name, row_number() OVER (ORDER BY name) FROM p LIMIT 3;
INSERT INTO p(name) VALUES ('bob');
PRAGMA integrity_check;
`;

compareScripts("sqlite3", {
  "in memory": { script: `sqlite3 :memory: <<'X'\n${SQL}\nX\necho $?`, seconds: 60 },
  "on a file": {
    script:
      `sqlite3 f.db <<'X'\n${SQL}\nX\necho $?; sqlite3 f.db 'SELECT count(*) FROM p; PRAGMA page_count; PRAGMA journal_mode'; sqlite3 f.db .schema; sqlite3 -csv -header f.db 'SELECT * FROM p LIMIT 3'; sqlite3 -json f.db 'SELECT id, name FROM p LIMIT 2'; sqlite3 f.db .dump | md5sum; ls; rm f.db`,
    seconds: 90,
  },
  "write-ahead log and two connections": {
    script:
      `sqlite3 f.db 'PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1)'; (echo 'BEGIN IMMEDIATE;'; echo 'INSERT INTO t VALUES (2);'; echo '.shell touch begun'; until [ -e tried ]; do sleep 0.05; done; echo 'COMMIT;') | sqlite3 f.db & until [ -e begun ]; do sleep 0.05; done; sqlite3 f.db 'SELECT count(*) FROM t; INSERT INTO t VALUES (3);'; touch tried; wait; sqlite3 -cmd '.timeout 5000' f.db 'SELECT count(*) FROM t'; ls; rm f.db*`,
  },
  "errors":
    `sqlite3 :memory: 'SELEC 1'; echo $?; sqlite3 /nonexistent/f.db 'CREATE TABLE t(x)'; echo $?; echo garbagegarbagegarbage > g; sqlite3 g .tables; echo $?; rm g`,
}, { shell: "/bin/bash", needs: ["sqlite3"] });

// Compilers at run time: machine code is made, changed and thrown away.
compareScripts("just-in-time compilers", {
  "luajit": {
    script: `luajit -e '
      local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end
      local t, s = {}, 0
      for i = 1, 100000 do t[i] = i * i % 7 end
      for i = 1, #t do s = s + t[i] end
      local words = {}
      for w in ("a bc def a bc a"):gmatch("%a+") do words[w] = (words[w] or 0) + 1 end
      print(fib(22), s, words.a, words.bc, words.def, ("x"):rep(5), (jit.status()))'; echo $?`,
    needs: ["luajit"],
  },
  "node": {
    script: `node -e '
      const sum = (list) => list.reduce((a, b) => (a * 31 + b) | 0, 7);
      const list = Array.from({ length: 20000 }, (_, i) => i * i % 97);
      let s = 0;
      for (let round = 0; round < 20; round++) s = (s + sum(list)) | 0;
      console.log(s, [3, 1, 2].sort().join(), JSON.stringify({ a: [1n].length, b: /b+/.exec("abbb")[0] }), 2n ** 70n);
      setTimeout(() => { console.log("later"); process.exit(3); }, 10)'; echo $?`,
    needs: ["node"],
    seconds: 240,
  },
}, { shell: "/bin/bash" });
