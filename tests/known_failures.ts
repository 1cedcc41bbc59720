// Comparisons with the host that are known to differ, by test name, and why; DENIX_KNOWN=1 runs them. None is left.

export const KNOWN_FAILURES: Readonly<Record<string, string>> = {};
