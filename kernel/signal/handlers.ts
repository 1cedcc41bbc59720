// The actions for the 64 signals: what rt_sigaction sets, CLONE_SIGHAND shares and execve resets.

import { defaultAction, NSIG, SIG_DFL, SIG_IGN } from "./numbers.ts";

/** struct kernel_sigaction. */
export interface SignalAction {
  /** SIG_DFL, SIG_IGN or an address. */
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  readonly maskLow: number;
  readonly maskHigh: number;
}

export const DEFAULT_ACTION: SignalAction = {
  handler: SIG_DFL,
  flags: 0,
  restorer: 0,
  maskLow: 0,
  maskHigh: 0,
};

export class SignalHandlers {
  /** Index: signal number; 0 is unused. */
  readonly actions: SignalAction[];
  /** Tasks that share it. */
  references = 1;

  constructor(actions?: readonly SignalAction[]) {
    this.actions = actions === undefined ? new Array(NSIG + 1).fill(DEFAULT_ACTION) : actions.slice();
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    this.references--;
  }

  copy(): SignalHandlers {
    return new SignalHandlers(this.actions);
  }

  /** Caught signals go back to the default, ignored ones stay ignored; flags and masks are cleared (execve). */
  resetForExec(): void {
    for (let signo = 1; signo <= NSIG; signo++) {
      const action = this.actions[signo];
      if (action === DEFAULT_ACTION) continue;
      this.actions[signo] = action.handler === SIG_IGN
        ? { ...DEFAULT_ACTION, handler: SIG_IGN }
        : DEFAULT_ACTION;
    }
  }

  /** Everything to the default (CLONE_CLEAR_SIGHAND: ignored ones stay ignored in Linux too). */
  clear(): void {
    this.resetForExec();
  }

  get(signo: number): SignalAction {
    return this.actions[signo];
  }

  /** The signal has no effect: ignored explicitly or by default. SIGCONT counts as ignored here: it acts when sent. */
  ignores(signo: number): boolean {
    const { handler } = this.actions[signo];
    if (handler === SIG_IGN) return true;
    if (handler !== SIG_DFL) return false;
    const action = defaultAction(signo);
    return action === "ignore" || action === "continue";
  }

  catches(signo: number): boolean {
    return this.actions[signo].handler > SIG_IGN;
  }
}
