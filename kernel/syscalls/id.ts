// User and group ids, supplementary groups and capabilities.

import { EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno.ts";
import {
  and,
  CAP_FULL,
  CAP_SETGID,
  CAP_SETPCAP,
  CAP_SETUID,
  capable,
  highOf,
  joinSet,
  lowOf,
  or,
  without,
} from "../task/capabilities.ts";
import type { Credentials, Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

/** -1 in an id argument: leave it alone. */
const KEEP = 0xffff_ffff;
const NGROUPS_MAX = 65536;
const SECURE_NO_SETUID_FIXUP = 4, SECURE_KEEP_CAPS = 0x10;

/** New ids, with what Linux does to the capabilities when user ids change to or from 0. */
export function setCredentials(task: Task, changes: Partial<Credentials>): void {
  const old = task.credentials;
  let next: Credentials = { ...old, ...changes };
  if ((task.securebits & SECURE_NO_SETUID_FIXUP) === 0) next = fixCapabilities(task, old, next);
  if (next.uid !== old.uid) {
    task.instance.pids.user(old.uid).tasks--;
    task.instance.pids.user(next.uid).tasks++;
  }
  if (
    next.euid !== old.euid || next.egid !== old.egid || next.fsuid !== old.fsuid || next.fsgid !== old.fsgid
  ) {
    task.process.dumpable = 0;
    task.parentDeathSignal = 0;
  }
  task.credentials = next;
}

function fixCapabilities(task: Task, old: Credentials, next: Credentials): Credentials {
  let { capEffective, capPermitted, capAmbient } = next;
  const hadRoot = old.uid === 0 || old.euid === 0 || old.suid === 0;
  const hasRoot = next.uid === 0 || next.euid === 0 || next.suid === 0;
  if (hadRoot && !hasRoot) {
    if (!task.keepCaps && (task.securebits & SECURE_KEEP_CAPS) === 0) capPermitted = capEffective = 0;
    capAmbient = 0;
  }
  if (old.euid === 0 && next.euid !== 0) capEffective = 0;
  if (old.euid !== 0 && next.euid === 0) capEffective = capPermitted;
  return { ...next, capEffective, capPermitted, capAmbient };
}

function sysSetuid(task: Task, uid: number): number {
  const { credentials } = task;
  if (uid === KEEP) return -EINVAL;
  if (capable(task, CAP_SETUID)) setCredentials(task, { uid, euid: uid, suid: uid, fsuid: uid });
  else if (uid === credentials.uid || uid === credentials.suid) {
    setCredentials(task, { euid: uid, fsuid: uid });
  } else return -EPERM;
  return 0;
}

function sysSetgid(task: Task, gid: number): number {
  const { credentials } = task;
  if (gid === KEEP) return -EINVAL;
  if (capable(task, CAP_SETGID)) setCredentials(task, { gid, egid: gid, sgid: gid, fsgid: gid });
  else if (gid === credentials.gid || gid === credentials.sgid) {
    setCredentials(task, { egid: gid, fsgid: gid });
  } else return -EPERM;
  return 0;
}

function sysSetreuid(task: Task, ruid: number, euid: number): number {
  const { uid: oldUid, euid: oldEuid, suid: oldSuid } = task.credentials;
  const privileged = capable(task, CAP_SETUID);
  let uid = oldUid, effective = oldEuid;
  if (ruid !== KEEP) {
    uid = ruid;
    if (ruid !== oldUid && ruid !== oldEuid && !privileged) return -EPERM;
  }
  if (euid !== KEEP) {
    effective = euid;
    if (euid !== oldUid && euid !== oldEuid && euid !== oldSuid && !privileged) return -EPERM;
  }
  const suid = ruid !== KEEP || (euid !== KEEP && euid !== oldUid) ? effective : oldSuid;
  setCredentials(task, { uid, euid: effective, suid, fsuid: effective });
  return 0;
}

function sysSetregid(task: Task, rgid: number, egid: number): number {
  const { gid: oldGid, egid: oldEgid, sgid: oldSgid } = task.credentials;
  const privileged = capable(task, CAP_SETGID);
  let gid = oldGid, effective = oldEgid;
  if (rgid !== KEEP) {
    gid = rgid;
    if (rgid !== oldGid && rgid !== oldEgid && !privileged) return -EPERM;
  }
  if (egid !== KEEP) {
    effective = egid;
    if (egid !== oldGid && egid !== oldEgid && egid !== oldSgid && !privileged) return -EPERM;
  }
  const sgid = rgid !== KEEP || (egid !== KEEP && egid !== oldGid) ? effective : oldSgid;
  setCredentials(task, { gid, egid: effective, sgid, fsgid: effective });
  return 0;
}

function sysSetresuid(task: Task, ruid: number, euid: number, suid: number): number {
  const { credentials: old } = task;
  const allowed = (id: number) => id === KEEP || id === old.uid || id === old.euid || id === old.suid;
  if (!capable(task, CAP_SETUID) && !(allowed(ruid) && allowed(euid) && allowed(suid))) return -EPERM;
  const effective = euid === KEEP ? old.euid : euid;
  setCredentials(task, {
    uid: ruid === KEEP ? old.uid : ruid,
    euid: effective,
    suid: suid === KEEP ? old.suid : suid,
    fsuid: effective,
  });
  return 0;
}

function sysSetresgid(task: Task, rgid: number, egid: number, sgid: number): number {
  const { credentials: old } = task;
  const allowed = (id: number) => id === KEEP || id === old.gid || id === old.egid || id === old.sgid;
  if (!capable(task, CAP_SETGID) && !(allowed(rgid) && allowed(egid) && allowed(sgid))) return -EPERM;
  const effective = egid === KEEP ? old.egid : egid;
  setCredentials(task, {
    gid: rgid === KEEP ? old.gid : rgid,
    egid: effective,
    sgid: sgid === KEEP ? old.sgid : sgid,
    fsgid: effective,
  });
  return 0;
}

function writeThree(task: Task, addresses: number[], values: number[]): number {
  addresses.forEach((address, i) => task.memory.writeU32(address, values[i]));
  return 0;
}

/** Answers with the old id, whether it was changed or not. */
function sysSetfsuid(task: Task, id: number): number {
  const { uid, euid, suid, fsuid } = task.credentials;
  if (id === uid || id === euid || id === suid || id === fsuid || capable(task, CAP_SETUID)) {
    if (id !== KEEP && id !== fsuid) setCredentials(task, { fsuid: id });
  }
  return fsuid;
}

function sysSetfsgid(task: Task, id: number): number {
  const { gid, egid, sgid, fsgid } = task.credentials;
  if (id === gid || id === egid || id === sgid || id === fsgid || capable(task, CAP_SETGID)) {
    if (id !== KEEP && id !== fsgid) setCredentials(task, { fsgid: id });
  }
  return fsgid;
}

function sysGetgroups(task: Task, size: number, list: number): number {
  const { groups } = task.credentials;
  if (size < 0) return -EINVAL;
  if (size === 0) return groups.length;
  if (groups.length > size) return -EINVAL;
  groups.forEach((gid, i) => task.memory.writeU32(list + 4 * i, gid));
  return groups.length;
}

function sysSetgroups(task: Task, size: number, list: number): number {
  if (!capable(task, CAP_SETGID)) return -EPERM;
  if (size < 0 || size > NGROUPS_MAX) return -EINVAL;
  const groups: number[] = [];
  for (let i = 0; i < size; i++) groups.push(task.memory.readU32(list + 4 * i));
  // The kernel keeps them sorted, and getgroups shows that.
  groups.sort((a, b) => a - b);
  task.credentials = { ...task.credentials, groups };
  return 0;
}

// ---- capabilities

const VERSION_1 = 0x1998_0330, VERSION_2 = 0x2007_1026, VERSION_3 = 0x2008_0522;

/** Number of 12-byte records that a header's version asks for; 0: unknown, and the header now says which is known. */
function recordsOf(task: Task, header: number): number {
  switch (task.memory.readU32(header)) {
    case VERSION_1:
      return 1;
    case VERSION_2:
    case VERSION_3:
      return 2;
    default:
      task.memory.writeU32(header, VERSION_3);
      return 0;
  }
}

function sysCapget(task: Task, header: number, data: number): number {
  const records = recordsOf(task, header);
  // Asking for the version is what a header with a wrong one and no data means.
  if (records === 0) return data === 0 ? 0 : -EINVAL;
  const pid = task.memory.readI32(header + 4);
  if (pid < 0) return -EINVAL;
  const target = pid === 0 ? task : task.instance.pids.task(pid);
  if (target === undefined) return -ESRCH;
  if (data === 0) return 0;
  const { capEffective, capPermitted, capInheritable } = target.credentials;
  [capEffective, capPermitted, capInheritable].forEach((set, i) => {
    task.memory.writeU32(data + 4 * i, lowOf(set));
    if (records === 2) task.memory.writeU32(data + 12 + 4 * i, highOf(set));
  });
  return 0;
}

function sysCapset(task: Task, header: number, data: number): number {
  const records = recordsOf(task, header);
  if (records === 0) return -EINVAL;
  const pid = task.memory.readI32(header + 4);
  if (pid !== 0 && pid !== task.tid) return -EPERM;
  if (data === 0) return -EFAULT;
  const [capEffective, capPermitted, capInheritable] = [0, 1, 2].map((i) =>
    and(
      joinSet(
        task.memory.readU32(data + 4 * i),
        records === 2 ? task.memory.readU32(data + 12 + 4 * i) : 0,
      ),
      CAP_FULL,
    )
  );
  const old = task.credentials;
  if (
    !capable(task, CAP_SETPCAP) && without(capInheritable, or(old.capInheritable, old.capPermitted)) !== 0
  ) return -EPERM;
  if (without(capInheritable, or(old.capInheritable, old.capBounding)) !== 0) return -EPERM;
  if (without(capPermitted, old.capPermitted) !== 0) return -EPERM;
  if (without(capEffective, capPermitted) !== 0) return -EPERM;
  const capAmbient = and(old.capAmbient, and(capPermitted, capInheritable));
  task.credentials = { ...old, capEffective, capPermitted, capInheritable, capAmbient };
  return 0;
}

export const id: Syscall[] = family({
  getuid: { nr: 102, args: "", run: (task) => task.credentials.uid },
  geteuid: { nr: 107, args: "", run: (task) => task.credentials.euid },
  getgid: { nr: 104, args: "", run: (task) => task.credentials.gid },
  getegid: { nr: 108, args: "", run: (task) => task.credentials.egid },
  setuid: { nr: 105, args: "uid", run: sysSetuid },
  setgid: { nr: 106, args: "gid", run: sysSetgid },
  setreuid: { nr: 113, args: "uid uid", run: sysSetreuid },
  setregid: { nr: 114, args: "gid gid", run: sysSetregid },
  setresuid: { nr: 117, args: "uid uid uid", run: sysSetresuid },
  setresgid: { nr: 119, args: "gid gid gid", run: sysSetresgid },
  getresuid: {
    nr: 118,
    args: "int_pointer_out int_pointer_out int_pointer_out",
    run: (task, r, e, s) =>
      writeThree(task, [r, e, s], [task.credentials.uid, task.credentials.euid, task.credentials.suid]),
  },
  getresgid: {
    nr: 120,
    args: "int_pointer_out int_pointer_out int_pointer_out",
    run: (task, r, e, s) =>
      writeThree(task, [r, e, s], [task.credentials.gid, task.credentials.egid, task.credentials.sgid]),
  },
  setfsuid: { nr: 122, args: "uid", run: sysSetfsuid },
  setfsgid: { nr: 123, args: "gid", run: sysSetfsgid },
  getgroups: { nr: 115, args: "int pointer", run: sysGetgroups },
  setgroups: { nr: 116, args: "int pointer", run: sysSetgroups },
  capget: { nr: 125, args: "pointer pointer", run: sysCapget },
  capset: { nr: 126, args: "pointer pointer", run: sysCapset },
});
