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
