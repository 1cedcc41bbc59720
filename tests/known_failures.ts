// Comparisons with the host that are known to differ, by test name, and why. The list may only shrink; DENIX_KNOWN=1 runs them.

export const KNOWN_FAILURES: Readonly<Record<string, string>> = {
  "system calls: at family": "openat2 with RESOLVE_IN_ROOT and an absolute path is ENOENT",
  "system calls: errors":
    "execve looks at argv before the path, flock at the descriptor before the operation",
  "system calls: stat": "chmod of a written-through host file does not change its ctime at once",
};
