// Signals that the host sends to this process, for whoever runs in it.

/** Those that somebody sends on purpose, with their Linux numbers. Faults, SIGCHLD and SIGPIPE stay Deno's own. */
const SENT: readonly [Deno.Signal, number][] = [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 3],
  ["SIGUSR1", 10],
  ["SIGUSR2", 12],
  ["SIGTERM", 15],
];

const SIGPIPE = 13;

/**
 * Signals that this process was started with as ignored (nohup, shells' background jobs), so that its programs would be,
 * too. SIGPIPE is not told, since Deno ignores it in any case, nor are those of its C library's threads. Before {@link onHostSignals}, which changes what the host says;
 * only unrestricted Deno may look.
 */
export function ignoredHostSignals(): number[] {
  let mask: bigint;
  try {
    const found = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"));
    mask = BigInt(`0x${found?.[1] ?? 0}`);
  } catch {
    return [];
  }
  const own = [SIGPIPE, 32, 33], ignored: number[] = [];
  for (let signo = 1; signo <= 64; signo++) {
    if (!own.includes(signo) && (mask >> BigInt(signo - 1) & 1n) !== 0n) ignored.push(signo);
  }
  return ignored;
}

/** Calls `handler` with the number of each signal that arrives; returns what ends that. */
export function onHostSignals(handler: (signo: number) => void): () => void {
  const added: [Deno.Signal, () => void][] = [];
  for (const [signal, signo] of SENT) {
    const listener = () => handler(signo);
    try {
      Deno.addSignalListener(signal, listener);
      added.push([signal, listener]);
    } catch {
      // Not on this host.
    }
  }
  return () => {
    for (const [signal, listener] of added) Deno.removeSignalListener(signal, listener);
  };
}
