// /proc/sys: every setting is one row with its path, its permissions and where its value comes from. Settings nothing
// depends on are plain values that keep what is written to them, checked as Linux checks them.

import { EINVAL } from "../../kernel/abi/errno.ts";
import type { Inode } from "../vfs/inode.ts";
import { leaseBreakTime } from "../vfs/leases.ts";
import { notifyLimits } from "../vfs/notify.ts";
import { type FileFunctions, type NodeContext, ProcFile, StaticDirectory } from "./nodes.ts";
import type { ProcSource } from "./source.ts";

interface Setting extends FileFunctions {
  readonly mode: number;
}

/** A whole number that may be set within limits; several numbers when `value` has several. */
function number(value: string | number, min = -Infinity, max = Infinity): Setting {
  let current = String(value);
  const count = current.split("\t").length;
  return {
    mode: 0o644,
    read: () => current + "\n",
    write(text) {
      const words = text.trim().split(/\s+/);
      if (words.length > count) return -EINVAL;
      for (const word of words) {
        if (!/^-?[0-9]+$/.test(word)) return -EINVAL;
        const wanted = Number(word);
        if (wanted < min || wanted > max) return -EINVAL;
      }
      const rest = current.split("\t").slice(words.length);
      current = [...words, ...rest].join("\t");
      return 0;
    },
  };
}

function limit(name: keyof typeof notifyLimits): Setting {
  return variable(() => notifyLimits[name], (value) => notifyLimits[name] = value, 0, 0x7fff_ffff);
}

/** Whole numbers that live elsewhere. */
function variable(get: () => number, set: (value: number) => void, min: number, max: number): Setting {
  const check = number(0, min, max);
  return {
    mode: 0o644,
    read: () => `${get()}\n`,
    write(text) {
      const error = check.write!(text);
      if (error === 0) set(Number(check.read!()));
      return error;
    },
  };
}

function text(value: string): Setting {
  let current = value;
  return {
    mode: 0o644,
    read: () => current + "\n",
    write(written) {
      current = written.replace(/\n[^]*$/, "");
      return 0;
    },
  };
}

function constant(value: string | number | (() => string | number)): Setting {
  return { mode: 0o444, read: () => `${typeof value === "function" ? value() : value}\n` };
}

function settings(source: ProcSource): Record<string, Setting> {
  const bootId = source.randomUuid();
  const { names, sysv } = source;
  const nextId = (kind: keyof typeof sysv) =>
    variable(() => sysv[kind].nextId, (value) => sysv[kind].nextId = value, 0, 0x7fff_ffff);
  const limitOf = (kind: keyof typeof sysv) =>
    variable(() => sysv[kind].limit, (value) => sysv[kind].limit = value, 0, 32768);
  return {
    "fs/aio-max-nr": number(65536, 0),
    "fs/aio-nr": constant(0),
    "fs/dentry-state": constant("0\t0\t45\t0\t0\t0"),
    "fs/epoll/max_user_watches": number(442368, 0),
    "fs/file-max": number("9223372036854775807"),
    "fs/file-nr": constant(() => `${source.openFileCount()}\t0\t9223372036854775807`),
    "fs/inode-nr": constant("0\t0"),
    "fs/inode-state": constant("0\t0\t0\t0\t0\t0\t0"),
    "fs/inotify/max_queued_events": limit("queued"),
    "fs/inotify/max_user_instances": limit("instances"),
    "fs/inotify/max_user_watches": limit("watches"),
    "fs/lease-break-time": variable(
      () => leaseBreakTime.seconds,
      (value) => leaseBreakTime.seconds = value,
      0,
      0x7fff_ffff,
    ),
    "fs/leases-enable": number(1, 0),
    "fs/mount-max": number(100000, 1),
    "fs/nr_open": number(1048576, 64, 2147483584),
    "fs/overflowgid": number(65534, 0, 65535),
    "fs/overflowuid": number(65534, 0, 65535),
    "fs/pipe-max-size": number(1048576, 4096),
    "fs/pipe-user-pages-hard": number(0, 0),
    "fs/pipe-user-pages-soft": number(16384, 0),
    "fs/protected_fifos": number(0, 0, 2),
    "fs/protected_hardlinks": number(0, 0, 1),
    "fs/protected_regular": number(0, 0, 2),
    "fs/protected_symlinks": number(0, 0, 1),
    "fs/suid_dumpable": number(0, 0, 2),
    "kernel/arch": constant(names.machine),
    "kernel/cap_last_cap": constant(40),
    "kernel/core_pattern": text("core"),
    "kernel/core_pipe_limit": number(0, 0),
    "kernel/core_uses_pid": number(0, 0, 1),
    "kernel/ctrl-alt-del": number(0, 0),
    "kernel/dmesg_restrict": number(0, 0, 1),
    "kernel/domainname": {
      mode: 0o644,
      read: () => source.names.domainname + "\n",
      write: (value) => (source.setDomainname(firstLine(value)), 0),
    },
    "kernel/hostname": {
      mode: 0o644,
      read: () => source.names.hostname + "\n",
      write: (value) => (source.setHostname(firstLine(value)), 0),
    },
    "kernel/keys/maxkeys": number(200, 0),
    "kernel/kptr_restrict": number(0, 0, 2),
    "kernel/msgmax": number(8192, 0),
    "kernel/msgmnb": number(16384, 0),
    "kernel/msgmni": limitOf("msg"),
    "kernel/msg_next_id": nextId("msg"),
    "kernel/ngroups_max": constant(65536),
    "kernel/osrelease": constant(names.release),
    "kernel/ostype": constant(names.sysname),
    "kernel/overflowgid": number(65534, 0, 65535),
    "kernel/overflowuid": number(65534, 0, 65535),
    "kernel/panic": number(0),
    "kernel/perf_event_paranoid": number(4, -1),
    "kernel/pid_max": number(source.pidMax, 301, 4194304),
    "kernel/printk": number("4\t4\t1\t7", 0),
    "kernel/pty/max": number(4096, 0),
    "kernel/pty/nr": constant(0),
    "kernel/pty/reserve": number(1024, 0),
    "kernel/random/boot_id": constant(bootId),
    "kernel/random/entropy_avail": constant(256),
    "kernel/random/poolsize": constant(256),
    "kernel/random/urandom_min_reseed_secs": number(60, 0),
    "kernel/random/uuid": constant(() => source.randomUuid()),
    "kernel/random/write_wakeup_threshold": number(256, 0),
    "kernel/randomize_va_space": number(0, 0, 2),
    "kernel/sched_autogroup_enabled": number(0, 0, 1),
    "kernel/sched_child_runs_first": number(0, 0, 1),
    "kernel/sched_rr_timeslice_ms": number(100),
    "kernel/sched_rt_period_us": number(1000000, 1),
    "kernel/sched_rt_runtime_us": number(950000, -1),
    "kernel/seccomp/actions_avail": constant(""),
    "kernel/sem_next_id": nextId("sem"),
    "kernel/sem": number("32000\t1024000000\t500\t32000", 0),
    "kernel/shmall": number("18446744073692774399"),
    "kernel/shmmax": number("18446744073692774399"),
    "kernel/shmmni": limitOf("shm"),
    "kernel/shm_next_id": nextId("shm"),
    "kernel/tainted": number(0, 0),
    "kernel/threads-max": number(63704, 20),
    "kernel/unprivileged_bpf_disabled": number(2, 0, 2),
    "kernel/version": constant(names.version),
    "kernel/yama/ptrace_scope": number(0, 0, 3),
    "net/core/rmem_default": number(212992, 2304),
    "net/core/rmem_max": number(212992, 2304),
    "net/core/somaxconn": number(4096, 0),
    "net/core/wmem_default": number(212992, 4608),
    "net/core/wmem_max": number(212992, 4608),
    "net/ipv4/ip_forward": number(0, 0, 1),
    "net/ipv4/ip_local_port_range": number("32768\t60999", 1, 65535),
    "net/ipv4/ip_unprivileged_port_start": number(1024, 0, 65535),
    "net/ipv4/tcp_fin_timeout": number(60, 0),
    "net/ipv4/tcp_keepalive_time": number(7200, 0),
    "net/ipv4/tcp_max_syn_backlog": number(1024, 0),
    "net/ipv4/tcp_rmem": number("4096\t131072\t6291456", 1),
    "net/ipv4/tcp_syncookies": number(1, 0, 2),
    "net/ipv4/tcp_wmem": number("4096\t16384\t4194304", 1),
    "net/ipv6/conf/all/disable_ipv6": number(0, 0, 1),
    "net/unix/max_dgram_qlen": number(512, 0),
    "user/max_user_namespaces": number(0, 0),
    "vm/dirty_background_ratio": number(10, 0, 100),
    "vm/dirty_expire_centisecs": number(3000, 0),
    "vm/dirty_ratio": number(20, 0, 100),
    "vm/dirty_writeback_centisecs": number(500, 0),
    "vm/drop_caches": { ...number(0, 0, 7), mode: 0o200 },
    "vm/legacy_va_layout": number(0, 0, 1),
    "vm/max_map_count": number(65530, 0),
    "vm/min_free_kbytes": number(8192, 0),
    "vm/mmap_min_addr": number(65536, 0),
    "vm/nr_hugepages": number(0, 0),
    "vm/oom_kill_allocating_task": number(0, 0),
    "vm/overcommit_kbytes": number(0, 0),
    "vm/overcommit_memory": number(0, 0, 2),
    "vm/overcommit_ratio": number(50, 0),
    "vm/page-cluster": number(3, 0),
    "vm/panic_on_oom": number(0, 0, 2),
    "vm/swappiness": number(60, 0, 200),
    "vm/vfs_cache_pressure": number(100, 0),
    "vm/zone_reclaim_mode": number(0, 0),
  };
}

function firstLine(value: string): string {
  return value.replace(/\n[^]*$/, "").slice(0, 64);
}

/** The tree of all settings; inode numbers from `ino` on. */
export function sysDirectory(context: NodeContext, source: ProcSource, ino: number): StaticDirectory {
  let next = ino;
  const directory = () => new StaticDirectory(context, next++, () => new Map<string, Inode>());
  const root = directory();
  for (const [path, setting] of Object.entries(settings(source))) {
    const names = path.split("/");
    let at = root;
    for (const name of names.slice(0, -1)) {
      let inner = at.entries.get(name);
      if (inner === undefined) at.entries.set(name, inner = directory());
      at = inner as StaticDirectory;
    }
    at.entries.set(names[names.length - 1], new ProcFile(context, next++, setting.mode, setting));
  }
  return root;
}
