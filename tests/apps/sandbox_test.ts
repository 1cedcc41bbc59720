// What the guest must not reach: files outside of the root and of the write grants, the host's processes, devices and
// environment. Each test tries to get out and then looks at the host.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { denixCommand, oracleTest, type Output, runDenix, which } from "../harness.ts";
import { tree } from "../tree.ts";

interface Place {
  /** Holds `in` (granted) and `out` (not). */
  base: string;
  guest(script: string, ...options: string[]): Promise<Output>;
}

function sandbox(name: string, needs: readonly string[], fn: (place: Place) => Promise<void>): void {
  oracleTest(`sandbox: ${name}`, needs, async () => {
    const base = await Deno.makeTempDir({ prefix: "denix-sandbox-" });
    try {
      await Deno.mkdir(`${base}/in/sub`, { recursive: true });
      await Deno.mkdir(`${base}/out/deep`, { recursive: true });
      await Deno.writeTextFile(`${base}/in/mine`, "mine\n");
      await Deno.writeTextFile(`${base}/out/secret`, "secret\n");
      await Deno.writeTextFile(`${base}/out/deep/file`, "deep\n");
      await fn({
        base,
        guest: (script, ...options) =>
          runDenix(["/bin/bash", "-c", script], {
            cwd: base,
            options: ["--cwd", base, ...options],
            seconds: 120,
          }),
      });
    } finally {
      await Deno.remove(base, { recursive: true });
    }
  });
}

/** Runs `script` with only `in` granted, and asserts that `out` on the host is as it was. */
async function assertOutUntouched(
  { base, guest }: Place,
  script: string,
  ...options: string[]
): Promise<Output> {
  const before = await tree(`${base}/out`);
  const times = (await Deno.stat(`${base}/out/secret`)).mtime;
  const output = await guest(script, `--allow-write=${base}/in`, ...options);
  assertEquals(await tree(`${base}/out`), before);
  assertEquals((await Deno.stat(`${base}/out/secret`)).mtime, times);
  assert(!output.stderr.includes("denix:"), output.stderr);
  return output;
}

sandbox("without grants nothing of the host changes", [], async ({ base, guest }) => {
  const before = await tree(base);
  const output = await guest(`
echo changed > in/mine; cat in/mine; rm -r out; ls; mkdir new; echo x > new/file; chmod 0 in/sub; ln -s / link; mv in moved; touch -d @0 moved/mine
echo x > /etc/denix-test; rm /etc/hostname; ls /etc/hostname /etc/denix-test; sync`);
  assertMatch(output.stdout, /^changed\nin\n/);
  assert(output.stdout.includes("/etc/denix-test"));
  assertEquals(await tree(base), before);
  await Deno.lstat("/etc/hostname");
  assertEquals(await Deno.lstat("/etc/denix-test").catch(() => "absent"), "absent");
});

sandbox("a write grant reaches its folder and only it", [], async (place) => {
  const output = await assertOutUntouched(
    place,
    `echo a > in/new; echo b > out/new; echo c >> out/secret; rm out/deep/file; mkdir out/d; cat in/new out/new; chmod 777 out/secret; truncate -s 0 out/secret; echo d > in/sub/../../out/e; ls out`,
  );
  assertMatch(output.stdout, /^a\nb\n/);
  assertEquals(await Deno.readTextFile(`${place.base}/in/new`), "a\n");
});

sandbox("a grant of a single file", [], async ({ base, guest }) => {
  await guest(
    `echo new > out/secret; echo no > out/deep/file; echo no > out/secret2`,
    `--allow-write=${base}/out/secret`,
  );
  assertEquals(await Deno.readTextFile(`${base}/out/secret`), "new\n");
  assertEquals(await Deno.readTextFile(`${base}/out/deep/file`), "deep\n");
  assertEquals(await tree(`${base}/out`).then((list) => list.length), 3);
});

sandbox("symbolic links made by the guest", [], async (place) => {
  await assertOutUntouched(
    place,
    `cd in; ln -s ../out l; echo x > l/secret; echo x > l/new; ln -s ../out/secret s; echo x > s; rm l/deep/file; ln -s ${place.base}/out abs; echo x > abs/secret; touch abs/t; ln -s ../../../../../../..${place.base}/out up; echo x > up/y; mkdir -p a/b; ln -s ../../../out a/b/c; echo x > a/b/c/secret; rm -r l/deep; mv l/secret l/moved; chmod 777 s; sync`,
  );
});

sandbox("symbolic links that are there already", [], async (place) => {
  await Deno.symlink("../out", `${place.base}/in/link`);
  await Deno.symlink(`${place.base}/out/secret`, `${place.base}/in/file`);
  await Deno.symlink("../out/created", `${place.base}/in/dangling`);
  await assertOutUntouched(
    place,
    `cd in; echo x > file; echo x > link/secret; echo x > link/new; echo x > dangling; rm -r link/deep; truncate -s 0 file; touch -d @0 file; chmod 0 file; python3 -c 'open("link/py", "w").write("x")' 2>/dev/null; dd if=/dev/zero of=file count=1 conv=notrunc 2>/dev/null; cp /bin/true link/; mv link/secret .; sync`,
  );
});

sandbox("hard links and renames between inside and outside", [], async (place) => {
  await assertOutUntouched(
    place,
    `ln out/secret in/hard; echo x > in/hard; mv out/secret in/moved; echo x >> in/moved; mv in/mine out/mine; echo y > out/mine; mv out/deep in/deep; echo x > in/deep/file; mv in in2; mkdir in; echo z > in/z; mv out in2/out; echo w > in2/out/w; ln -s in2 in3; echo q > in3/q; sync`,
  );
});

sandbox("/proc is no way out", [], async (place) => {
  await assertOutUntouched(
    place,
    `exec 3< out/secret; echo x > /proc/self/fd/3; echo x > /dev/fd/3; echo x > /proc/$$/fd/3; exec 4< out; echo x > /proc/self/fd/4/new; echo x > /proc/self/root${place.base}/out/secret; echo x > /proc/1/root${place.base}/out/secret; cd out; echo x > /proc/self/cwd/secret; echo x > /proc/$$/cwd/new; cd ../in; echo x > /proc/self/cwd/../out/secret; echo x > /proc/$PPID/root${place.base}/out/a; echo x > /proc/thread-self/root${place.base}/out/a; ln -s /proc/self/cwd/../out pl; echo x > pl/secret; sync`,
  );
});

sandbox("descriptors and *at calls are no way out", ["python3"], async (place) => {
  await assertOutUntouched(
    place,
    `cat > /tmp/escape.py <<'P'
import os
def attempt(f, *a, **k):
    try: return f(*a, **k)
    except OSError as e: return e
base = os.getcwd()
d = os.open("in/sub", os.O_RDONLY)
for path in ("../../out/secret", "../mine/../../out/secret", base + "/out/secret", "../../../../../../.." + base + "/out/secret"):
    fd = attempt(os.open, path, os.O_WRONLY | os.O_TRUNC, dir_fd=d)
    if isinstance(fd, int): os.write(fd, b"x"); os.close(fd)
attempt(os.rename, "../mine", "../../out/secret", src_dir_fd=d, dst_dir_fd=d)
attempt(os.link, "../../out/secret", "hl", src_dir_fd=d, dst_dir_fd=d)
attempt(os.unlink, "../../out/deep/file", dir_fd=d); attempt(os.mkdir, "../../out/m", dir_fd=d); attempt(os.symlink, "x", "../../out/s", dir_fd=d)
attempt(os.chmod, "../../out/secret", 0, dir_fd=d); attempt(os.utime, "../../out/secret", (0, 0), dir_fd=d)
fd = os.open("out/secret", os.O_RDWR); os.ftruncate(fd, 0); os.write(fd, b"x"); os.fchmod(fd, 0o777); os.fsync(fd)
import mmap; fd = os.open("out/deep/file", os.O_RDWR); m = mmap.mmap(fd, 0); m[0:1] = b"X"; m.flush()
p = os.open("out", os.O_PATH); attempt(os.open, "secret", os.O_WRONLY | os.O_TRUNC, dir_fd=p)
os.fchdir(d); os.chdir("../../out"); open("z", "w").write("z")
try: os.chroot("in/sub" if os.path.isdir("in/sub") else base + "/in/sub"); os.chdir("../../../../.."); open(base + "/out/c", "w")
except OSError: pass
attempt(os.sendfile, os.open("/tmp/o", os.O_WRONLY | os.O_CREAT), fd, 0, 10)
P
python3 /tmp/escape.py; sync`,
  );
});

sandbox("a race between a folder and a link", [], async (place) => {
  await assertOutUntouched(
    place,
    `cd in; (for i in $(seq 150); do rm -rf x; mkdir x; rm -rf x; ln -s ../out x; done) & for i in $(seq 150); do echo r > x/secret; echo r > x/race; done 2>/dev/null; wait; sync`,
  );
});

sandbox("mounting, device nodes and raw devices", [], async (place) => {
  const output = await assertOutUntouched(
    place,
    `cd in; mount --bind ../out sub 2>/dev/null && echo x > sub/secret; mknod disk b 8 0 2>/dev/null; head -c 1 disk >/dev/null 2>&1 && echo READ DISK; mknod mem c 1 1 2>/dev/null; head -c 1 mem >/dev/null 2>&1 && echo READ MEM; ls /dev/sd* /dev/vd* /dev/nvme* /dev/mem /dev/kmem 2>/dev/null; for d in /dev/sda /dev/vda /dev/mem /proc/kcore; do head -c 1 $d > /dev/null 2>&1 && echo "read $d"; done; unshare -m true 2>/dev/null; echo done`,
  );
  assertEquals(output.stdout, "done\n");
});

sandbox("a root cannot be left", ["busybox"], async ({ base }) => {
  const root = `${base}/root`;
  await Deno.mkdir(`${root}/bin`, { recursive: true });
  await Deno.mkdir(`${root}/dir`);
  await Deno.copyFile(which("busybox")!, `${root}/bin/sh`);
  await Deno.symlink("/out/secret", `${root}/absolute`);
  await Deno.symlink(`${base}/out/secret`, `${root}/full`);
  await Deno.symlink("../out/secret", `${root}/relative`);
  await Deno.symlink("../../../../../../../../../../../../..", `${root}/dir/up`);
  await Deno.symlink("/proc/self/root/../out", `${root}/dir/proc`);
  const before = await tree(`${base}/out`);
  const output = await runDenix([
    "/bin/sh",
    "-c",
    `cat absolute full relative ../out/secret /../out/secret dir/../../out/secret dir/up${base}/out/secret /proc/self/root/../out/secret /proc/1/root${base}/out/secret /proc/self/cwd/../out/secret; cat dir/proc/secret; cd /dir/..; cd ../..; pwd; ls ..; cd /proc/self/fd; cat ../root/../../out/secret; cd /; mkdir j; cd j; rmdir ../j; cat ../out/secret ../../out/secret; echo x > ../out/new; echo x > /../../out/new; cat /etc/hostname; chroot /dir /bin/sh -c :; cat /proc/1/environ | tr '\\0' '\\n'; for p in /proc/[0-9]*; do cat $p/root/out/secret $p/cwd/../out/secret; done`,
  ], { options: ["--root", root, `--allow-write=${root}`], seconds: 120 });
  assert(!output.stdout.includes("secret") && !output.stdout.includes("PATH=/root"), output.stdout);
  assertMatch(output.stdout, /^\/\n/);
  assertEquals(await tree(`${base}/out`), before);
});

sandbox("-A grants no more than Deno has", [], async ({ base }) => {
  const before = await tree(`${base}/out`);
  const [program, run, , entry] = denixCommand();
  const { stderr } = await new Deno.Command(program!, {
    args: [
      run!,
      "--no-prompt",
      "--allow-read",
      `--allow-write=${base}/in`,
      entry!,
      "-A",
      "/bin/sh",
      "-c",
      `cd ${base}; echo a > in/new; echo b > out/new; echo c >> out/secret; rm -f out/deep/file; ls in`,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert(!/at .*\.ts:\d+/.test(text), `no stack trace:\n${text}`);
  assertEquals(await tree(`${base}/out`), before);
});

sandbox("the host's processes are neither seen nor reached", [], async ({ guest }) => {
  const victim = new Deno.Command("sleep", { args: ["987"] }).spawn();
  try {
    const output = await guest(
      `kill -9 ${victim.pid}; echo $?; kill -9 -1; ls /proc | grep -x ${victim.pid}; grep -l 987 /proc/[0-9]*/cmdline 2>/dev/null | grep -v self; cat /proc/${victim.pid}/cmdline; echo end`,
    );
    assertMatch(output.stdout, /^1\n/);
    assertEquals(await Promise.race([victim.status.then(() => "dead"), Promise.resolve("alive")]), "alive");
    assert(!output.stdout.includes("sleep"));
  } finally {
    victim.kill("SIGKILL");
    await victim.status;
  }
});

sandbox("the environment is what was given", [], async () => {
  const [program, run, , entry] = denixCommand();
  const leak = await new Deno.Command(program!, {
    args: [run!, "--no-prompt", "--allow-read", entry!, "/usr/bin/env"],
    env: { NO_COLOR: "1", DENIX_SECRET: "leaked" },
    stdin: "null",
  }).output();
  assert(
    !new TextDecoder().decode(leak.stdout).includes("leaked"),
    "without --allow-env nothing of the host's is known",
  );
  const clear = await runDenix([
    "/bin/sh",
    "-c",
    "env; tr '\\0' '\\n' < /proc/1/environ; cat /proc/self/environ",
  ], { env: { ONLY: "this" } });
  assertMatch(clear.stdout, /ONLY=this/);
  assert(!/HOME|DENO|PATH=.*root/.test(clear.stdout), clear.stdout);
});

sandbox("an endless guest can be ended, and memory stays in its limits", ["python3"], async ({ guest }) => {
  const output = await guest(
    `timeout 1 sh -c 'while :; do :; done'; echo $?; timeout 1 yes > /dev/null; echo $?; python3 -c 'x = bytearray(1 << 30)' 2>&1 | tail -n 1; (ulimit -v 200000; python3 -c 'x = bytearray(1 << 30)' 2>&1 | tail -n 1); echo alive`,
    "--memory=256M",
  );
  assertEquals(output.stdout, "124\n124\nMemoryError\nMemoryError\nalive\n");
});
