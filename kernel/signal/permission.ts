// Who may signal whom (kill(2)): the same user, a privileged one, or SIGCONT within the session.

import { CAP_KILL, capable } from "../task/capabilities.ts";
import type { Task } from "../task/task.ts";
import { SIGCONT } from "./numbers.ts";

export function mayKill(sender: Task, target: Task, signo: number): boolean {
  if (sender.process === target.process) return true;
  const mine = sender.credentials, theirs = target.credentials;
  if (mine.euid === theirs.suid || mine.euid === theirs.uid) return true;
  if (mine.uid === theirs.suid || mine.uid === theirs.uid) return true;
  if (capable(sender, CAP_KILL)) return true;
  return signo === SIGCONT && sender.process.session === target.process.session;
}
