import { assert, assertEquals } from "@std/assert";
import { Tmpfs } from "../../fs/tmpfs.ts";
import { KERNEL, Vfs } from "../../fs/vfs/vfs.ts";
import { decodeName } from "../abi/text.ts";
import { frames } from "../mm/frames.ts";
import { Instance } from "./instance.ts";
import { mountKernelFileSystems } from "./kernel_filesystems.ts";
import type { InstanceOptions } from "./options.ts";

const instance = new Instance(
  {} as InstanceOptions,
  new Vfs(new Tmpfs(frames, { dev: 1, mode: 0o755 })),
  "box",
  () => {},
);
const kernel = mountKernelFileSystems(instance);
instance.vfs.openSpecial = kernel.openDevice;

function read(path: string): string {
  const { vfs } = instance;
  const file = vfs.open(vfs.context(), KERNEL, undefined, path, { flags: 0 });
  if (typeof file === "number") throw new Error(`${path}: ${file}`);
  const buffer = new Uint8Array(65536);
  const count = file.read(buffer, 0, buffer.length);
  file.release();
  return count < 0 ? `error ${count}` : decodeName(buffer.subarray(0, count));
}

Deno.test("/proc shows the instance and its init", () => {
  assertEquals(read("/proc/sys/kernel/hostname"), "box\n");
  assert(read("/proc/1/stat").startsWith("1 (init) S 0 1 1 0 -1 "));
  assertEquals(read("/proc/1/stat").split(" ").length, 52);
  assert(read("/proc/1/status").includes("Name:\tinit\n"));
  assert(read("/proc/version").startsWith("Linux version 6.1.0-denix "));
  assert(read("/proc/meminfo").startsWith("MemTotal:       "));
  assert(/^[0-9.]+ [0-9.]+\n$/.test(read("/proc/uptime")));
  assertEquals(read("/proc/1/mounts").split("\n").map((line) => line.split(" ")[1]), [
    "/",
    "/proc",
    "/sys",
    "/dev",
    "/dev/pts",
    "/dev/shm",
    undefined,
  ]);
  assert(
    /^\d+ \d+ 0:21 \/ \/proc rw,nosuid,nodev,noexec,relatime - proc proc rw$/m.test(
      read("/proc/1/mountinfo"),
    ),
  );
});

Deno.test("devices open through their nodes", () => {
  assertEquals(read("/dev/null"), "");
  assertEquals(read("/dev/zero").length, 65536);
  assertEquals(read("/sys/devices/system/cpu/online"), "0\n");
  assert(read("/proc/devices").includes("  1 mem\n"));
});
