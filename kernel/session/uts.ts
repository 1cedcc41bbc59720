// What uname(2) says of the machine, in one place for the call, /proc/sys/kernel and /proc/version. Host and domain
// name are the instance's.

export const UTS = {
  sysname: "Linux",
  release: "6.1.0-denix",
  version: "#1 SMP PREEMPT_DYNAMIC denix",
  machine: "x86_64",
} as const;
