// Where a task sleeps, by the call it is in: names that /proc/PID/wchan and ps -o wchan show, those of Linux's functions.

const CHANNELS: Readonly<Record<number, string>> = {
  0: "wait_woken",
  1: "pipe_write",
  7: "do_poll.constprop.0",
  19: "wait_woken",
  20: "pipe_write",
  23: "do_select",
  34: "sys_pause",
  35: "hrtimer_nanosleep",
  61: "do_wait",
  72: "fcntl_setlk",
  73: "flock_lock_inode_wait",
  128: "do_sigtimedwait",
  130: "sigsuspend",
  202: "futex_wait_queue",
  230: "hrtimer_nanosleep",
  232: "ep_poll",
  247: "do_wait",
  257: "wait_for_partner",
  270: "do_select",
  271: "do_poll.constprop.0",
  281: "ep_poll",
};

export function waitChannelOf(syscall: number): string {
  return CHANNELS[syscall] ?? "do_syscall_64";
}
