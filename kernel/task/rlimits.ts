// Resource limits: their numbers, and what the instance's first process starts with.

export const RLIMIT_CPU = 0,
  RLIMIT_FSIZE = 1,
  RLIMIT_DATA = 2,
  RLIMIT_STACK = 3,
  RLIMIT_CORE = 4,
  RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, RLIMIT_MEMLOCK = 8, RLIMIT_AS = 9, RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11,
  RLIMIT_MSGQUEUE = 12,
  RLIMIT_NICE = 13,
  RLIMIT_RTPRIO = 14,
  RLIMIT_RTTIME = 15;
export const RLIM_NLIMITS = 16;

/** Infinity is RLIM_INFINITY. Never mutated: replaced. */
export interface Rlimit {
  readonly cur: number;
  readonly max: number;
}

const unlimited: Rlimit = { cur: Infinity, max: Infinity };

/** What the kernel gives init, with Debian's usual limits for descriptors. */
export function defaultRlimits(): Rlimit[] {
  const limits: Rlimit[] = new Array(RLIM_NLIMITS).fill(unlimited);
  limits[RLIMIT_STACK] = { cur: 8 << 20, max: Infinity };
  limits[RLIMIT_CORE] = { cur: 0, max: Infinity };
  limits[RLIMIT_NPROC] = { cur: 63_000, max: 63_000 };
  limits[RLIMIT_NOFILE] = { cur: 1024, max: 1_048_576 };
  limits[RLIMIT_MEMLOCK] = { cur: 8 << 20, max: 8 << 20 };
  limits[RLIMIT_SIGPENDING] = { cur: 63_000, max: 63_000 };
  limits[RLIMIT_MSGQUEUE] = { cur: 819_200, max: 819_200 };
  limits[RLIMIT_NICE] = { cur: 0, max: 0 };
  limits[RLIMIT_RTPRIO] = { cur: 0, max: 0 };
  return limits;
}
