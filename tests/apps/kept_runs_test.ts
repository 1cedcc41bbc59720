// Programs that fork and compute, run several times with one cache directory: the later runs find the regions of the earlier ones, made where memory
// looked different. Every run must print what the native one does.

import { assert, assertEquals } from "@std/assert";
import {
  denixCommand,
  ENVIRONMENT,
  environmentOptions,
  nativeCommand,
  oracleTest,
  spawn,
} from "../harness.ts";

const RUNS = 3;

/** A script for /bin/bash by the tools that it needs. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "awk sort sed grep tr": `
    for i in 1 2 3; do
      awk -v seed=$i 'BEGIN { srand(seed); for (i = 0; i < 20000; i++) print int(i * 7919 * seed % 10007), "word" i % 97 }' > numbers
      sort -n numbers | awk '{ n[$2] += $1 } END { for (w in n) print w, n[w] }' | sort | tail -n 3
      sed 's/word\\([0-9]*\\)/<\\1>/' numbers | grep -c '<9[0-9]*>' ; tr 0-9 a-j < numbers | sort -u | wc -l
    done`,
  "gzip xz cksum tar": `
    mkdir tree; for i in $(seq 60); do seq $((i * 50)) > tree/$i; done
    for i in 1 2 3; do tar cf - --sort=name --mtime=@0 --owner=0 --group=0 tree | gzip -9n | cksum; tar cf - tree | xz -1 | xz -dc | wc -c; done`,
  "python3": `
    python3 - <<'END'
import hashlib, os, re
def work(n):
    d = {}
    for i in range(n):
        d[str(i * 7919 % 1009)] = d.get(str(i % 97), 0) + i
    text = " ".join(sorted(d))
    return hashlib.sha256(re.sub(r"(\\d)(\\d)", r"\\2\\1", text).encode()).hexdigest()
for i in range(8):
    r, w = os.pipe()
    if os.fork() == 0:
        os.write(w, work(20000 + i).encode()); os._exit(i)
    print(os.waitstatus_to_exitcode(os.wait()[1]), os.read(r, 99).decode()[:16], work(10000)[:16])
END`,
  "rsync": `
    mkdir -p s/d; for i in $(seq 40); do seq $i > s/d/$i; done; touch -d 2001-01-01 s/d/* s/d
    for i in 1 2 3; do rsync -a --checksum --itemize-changes s/ t/ | sort; rm t/d/*$i; done; find t | sort | cksum`,
  "perl": `
    perl -e 'for my $i (1..6) { if (my $p = fork) { waitpid $p, 0; print $? >> 8, "\\n" } else { my %h; $h{$_ * 31 % 1013} .= chr(97 + $_ % 26) for 1..60000;
      my $s = join "", map { $h{$_} =~ s/([aeiou])/<$1>/gr } sort keys %h; exit length($s) % 200 } }'`,
  "gcc": `
    for i in 1 2 3; do printf 'int printf(const char *, ...); int main(void) { int s = 0; for (int i = 0; i < %d; i++) s += i %% 7; printf("%%d\\\\n", s); }' $((i * 100000)) > p$i.c
      gcc -O1 -o p$i p$i.c && ./p$i; done`,
};

for (const [tools, script] of Object.entries(SCRIPTS)) {
  oracleTest(`kept regions: ${tools}`, tools.split(" "), async () => {
    const base = await Deno.makeTempDir({ prefix: "denix-kept-" });
    try {
      const run = async (words: readonly string[], env: Record<string, string>, clear: boolean) => {
        await Deno.mkdir(`${base}/work`);
        const output = await spawn([...words, "/bin/bash", "-c", script], {
          cwd: `${base}/work`,
          clear,
          env,
          seconds: 120,
        });
        await Deno.remove(`${base}/work`, { recursive: true });
        return output;
      };
      const native = await run(nativeCommand(), { ...ENVIRONMENT }, true);
      assertEquals([native.code, native.stderr], [0, ""]);
      const command = denixCommand("--stats", `--allow-write=${base}/work`, ...environmentOptions());
      let kept = 0;
      for (let i = 0; i < RUNS; i++) {
        const denix = await run(command, { DENIX_CACHE_DIR: `${base}/cache` }, false);
        assertEquals([denix.code, denix.stdout], [native.code, native.stdout], `run ${i}`);
        kept = Number(/(\d+) {2}regions of earlier runs/.exec(denix.stderr)?.[1] ?? 0);
      }
      assert(kept > 0, "no region was kept");
    } finally {
      await Deno.remove(base, { recursive: true });
    }
  });
}
