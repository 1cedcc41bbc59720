// The system calls that nobody implements: number, name and arguments, so that traces stay readable, and what they answer.
//
//   enosys  ENOSYS, counted: a program that needs it will fail, and --stats names it
//   quiet   ENOSYS, as old or small kernels answer; programs have a way without it
//   EPERM … the error that a kernel gives to those who may not
//
// A row holds only as long as no family has the number: table.ts passes the numbers that are taken.

import { EACCES, EINVAL, ENOSYS, EOPNOTSUPP, EPERM } from "../abi/errno.ts";
import { countUnimplemented } from "../trace/stats.ts";
import type { ArgumentKind, Syscall } from "./family.ts";

/** One call a line: number, name, answer, argument kinds. */
const ROWS = `
101 ptrace EPERM long pid pointer pointer
134 uselib quiet path
155 pivot_root EPERM path path
156 _sysctl quiet pointer
174 create_module quiet pointer size
175 init_module EPERM pointer size string
176 delete_module EPERM string O
177 get_kernel_syms quiet pointer
178 query_module quiet string int pointer size pointer
180 nfsservctl quiet int pointer pointer
181 getpmsg quiet int pointer pointer int
182 putpmsg quiet int pointer pointer int
183 afs_syscall quiet
184 tuxcall quiet
185 security quiet
205 set_thread_area quiet pointer
211 get_thread_area quiet pointer
212 lookup_dcookie quiet pointer pointer size
214 epoll_ctl_old quiet
215 epoll_wait_old quiet
219 restart_syscall enosys
236 vserver quiet
246 kexec_load EPERM pointer ulong pointer hex
248 add_key quiet string string buffer_in size int
249 request_key quiet string string string int
250 keyctl quiet int ulong ulong ulong ulong
282 signalfd enosys fd sigset size
289 signalfd4 enosys fd sigset size SFD
298 perf_event_open EACCES pointer pid int fd hex
300 fanotify_init EPERM hex O
301 fanotify_mark EPERM fd hex hex dirfd path
308 setns EPERM fd CLONE
313 finit_module EPERM fd string hex
317 seccomp EINVAL uint uint pointer
320 kexec_file_load EPERM fd fd ulong string hex
321 bpf EPERM int pointer uint
323 userfaultfd quiet O
324 membarrier quiet MEMBARRIER uint int
329 pkey_mprotect quiet pointer size PROT int
330 pkey_alloc quiet hex hex
331 pkey_free quiet int
334 rseq quiet pointer hex hex hex
335 uretprobe quiet
425 io_uring_setup quiet uint pointer
426 io_uring_enter quiet fd uint uint hex pointer size
427 io_uring_register quiet fd uint pointer uint
428 open_tree quiet dirfd path hex
429 move_mount quiet dirfd path dirfd path hex
430 fsopen quiet string hex
431 fsconfig quiet fd uint string pointer int
432 fsmount quiet fd hex hex
433 fspick quiet dirfd path hex
438 pidfd_getfd quiet fd fd uint
440 process_madvise quiet fd iovec ulong MADV hex
442 mount_setattr quiet dirfd path hex pointer size
443 quotactl_fd quiet fd hex int pointer
444 landlock_create_ruleset quiet pointer size hex
445 landlock_add_rule quiet fd int pointer hex
446 landlock_restrict_self quiet fd hex
447 memfd_secret quiet hex
448 process_mrelease quiet fd hex
451 cachestat quiet fd pointer pointer hex
453 map_shadow_stack quiet pointer size hex
454 futex_wake quiet pointer hex int hex
455 futex_wait quiet pointer hex hex hex timespec CLOCK
456 futex_requeue quiet pointer hex int int
457 statmount quiet pointer pointer size hex
458 listmount quiet pointer pointer size hex
459 lsm_get_self_attr quiet uint pointer pointer hex
460 lsm_set_self_attr quiet uint pointer uint hex
461 lsm_list_modules quiet pointer pointer hex
462 mseal quiet pointer size hex
`;

const ERRORS: Readonly<Record<string, number>> = {
  EPERM,
  EACCES,
  EINVAL,
  EOPNOTSUPP,
};

function row(line: string): Syscall {
  const [nr, name, answer, ...args] = line.split(" ");
  const errno = ERRORS[answer];
  const run = errno !== undefined ? () => -errno : answer === "quiet" ? () => -ENOSYS : () => {
    countUnimplemented(name);
    return -ENOSYS;
  };
  return {
    nr: Number(nr),
    name,
    args: args as readonly ArgumentKind[],
    ret: "int",
    run,
    partial: errno === undefined ? "not implemented" : `always ${answer}`,
  };
}

/** Rows for the numbers that no family has taken. */
export function missing(taken: ReadonlySet<number>): Syscall[] {
  return ROWS.trim().split("\n").map(row).filter(({ nr }) => !taken.has(nr));
}
