// Shell functions for scripts that must not go on before something has happened: a fixed time would be too short on a
// slow machine.

/** `asleep PID NAME`: until process PID is the program NAME and waits. */
export const ASLEEP =
  `asleep() { until [ "$(grep -c -e "^Name:.$2\\$" -e '^State:.S' /proc/$1/status)" = 2 ]; do sleep 0.05; done; }
`;

/** `state PID LETTER`: until process PID is in that state. */
export const STATE = `state() { until grep -q "^State:.$2" /proc/$1/status; do sleep 0.05; done; }
`;
