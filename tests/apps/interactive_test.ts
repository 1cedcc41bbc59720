// Programs at a terminal: keys typed into tmux, screens compared with a native run.

import { denixCommand, environmentOptions, oracleTest } from "../harness.ts";
import { compareSessions, keys, line, maskJobs, Pane, type Step } from "../pane.ts";

const BASH = ["/bin/bash", "--norc", "--noprofile", "-i"];
const START: Step = { keys: [], wait: /^\$ *$/m };
/** A program that says when it runs: a key typed before that would be the shell's. */
const NAP = `printf '#!/bin/sh\\necho asleep\\nexec sleep 1000\\n' > nap; chmod +x nap`;
const nap = line("./nap", /^asleep$/m, false);
const exit = line("exit 3", /ended 3/);

compareSessions("bash: prompt, commands and exit", {
  program: BASH,
  steps: [
    START,
    line("echo hello $((6*7))", /hello 42/),
    line("pwd | wc -l", /^1$/m),
    line("false", /false\n\$/),
    line("echo $?", /^1$/m),
    line("for i in 1 2", /^> $|^>$/m),
    line("do echo $i; done", /^2\n\$/m),
    line("nosuchcommand", /not found/),
    line("tty | cut -c1-5; test -t 0 && echo terminal", /terminal\n/),
    exit,
  ],
});
compareSessions("bash: Ctrl-D leaves", {
  program: BASH,
  steps: [START, line("(exit 5)", /5\)\n\$/), keys("C-d").until(/ended 5/)],
});
compareSessions("bash: line editing", {
  program: BASH,
  steps: [
    START,
    keys("'echo hallo", "Left", "Left", "Left", "Left", "BSpace", "'ha").until(/hahallo|hhaallo|echo .*allo/),
    keys("Enter").until(/\n.*allo\n\$/),
    keys("'cho one", "C-a", "'e", "C-e", "' two", "Enter").until(/^one two$/m),
    keys("'echo alpha beta gamma", "C-w", "C-y", "C-y", "Enter").until(/gammagamma\n/),
    keys("'garbage", "C-u", "'echo clean", "Enter").until(/^clean$/m),
    keys("'echo word1 word2", "M-b", "M-b", "C-k", "'cut", "Enter").until(/^cut$/m),
    keys("'echo ab", "C-t", "Enter").until(/^ba$/m),
    keys("'echo", "Home", "Delete", "Delete", "'ec", "End", "' x", "Enter").until(/^x$/m),
    exit,
  ],
});
compareSessions("bash: history", {
  program: BASH,
  steps: [
    START,
    line("echo first", /^first$/m),
    line("echo second", /^second$/m),
    keys("Up", "Up").until(/\$ echo first$/m),
    keys("Enter").until(/first\n\$ echo second\nsecond\n\$ echo first\nfirst/),
    keys("Up", "Down", "'echo third", "Enter").until(/^third$/m),
    keys("C-r", "'sec").until(/reverse-i-search.*sec.*echo second/),
    keys("Enter").until(/second\n\$\n?\[?/),
    line("!!", /echo second\nsecond/),
    line("history | tail -n 3", /history \| tail -n 3\n(.*\n)*.*history/),
    exit,
  ],
});
compareSessions("bash: completion", {
  program: BASH,
  setup: "mkdir folder; touch folder/one folder/other unique",
  steps: [
    START,
    keys("'cat uni", "Tab").until(/cat unique/),
    keys("C-u", "'ls fol", "Tab", "'o", "Tab", "Tab").until(/one +other/),
    keys("C-u", "'echo /etc/hostna", "Tab", "Enter").until(/^\/etc\/hostname$/m),
    exit,
  ],
});
compareSessions("bash: Ctrl-C", {
  program: BASH,
  setup: NAP,
  steps: [
    START,
    nap,
    keys("C-c").until(/\^C\n\$/),
    line("echo $?", /^130$/m),
    keys("'half a line", "C-c").until(/\^C\n\$/),
    line("cat", /\$ cat\n/, false),
    keys("'echoed", "Enter").until(/echoed\nechoed/),
    keys("C-c").until(/\^C\n\$/),
    line("sh -c 'trap \"echo trapped\" INT; echo set; sleep 1; echo end'", /^set$/m, false),
    keys("C-c").until(/trapped\nend/),
    line("while :; do :; done", /while/, false),
    keys("C-c").until(/done\n\^C\n\$/),
    exit,
  ],
});
compareSessions("bash: Ctrl-\\ and Ctrl-D for a program", {
  program: BASH,
  setup: NAP,
  steps: [
    START,
    line("ulimit -c 0; ./nap", /^asleep$/m, false),
    keys("C-\\").until(/Quit/),
    line("cat", /\$ cat\n/, false),
    keys("'part", "C-d", "C-d").until(/partpart/),
    line("", /partpart\$/),
    exit,
  ],
});
compareSessions("bash: Ctrl-Z, jobs, fg, bg", {
  program: BASH,
  mask: maskJobs,
  setup: NAP,
  steps: [
    START,
    nap,
    keys("C-z").until(/Stopped +\.\/nap/),
    line("jobs", /jobs\n\[1\]\+ +Stopped/),
    line("bg", /\[1\]\+ \.\/nap &/),
    line("jobs", /Running +\.\/nap &/),
    line("fg", /fg\n\.\/nap/, false),
    keys("C-c").until(/\^C\n\$/),
    line("sleep 200 & sleep 300 &", /\[2\] \d+/),
    line("kill %1; wait %1; jobs", /Running +sleep 300/),
    line("kill %2; wait", /\$\n?/),
    line("cat &", /\[\d\] \d+/, false),
    line("", /Stopped +cat/),
    line("fg", /fg\ncat/, false),
    keys("'typed", "Enter").until(/typed\ntyped/),
    keys("C-d").until(/typed\n\$/),
    line("(sleep 0.3; echo from the background) & wait", /from the background\n(.*\n)*\$/),
    exit,
  ],
});
compareSessions("bash: exit with stopped jobs", {
  program: BASH,
  mask: maskJobs,
  setup: NAP,
  steps: [
    START,
    nap,
    keys("C-z").until(/Stopped/),
    line("exit", /There are stopped jobs/),
    line("kill -9 %1; while jobs | grep -q Stop; do sleep 0.1; done", /Killed/),
    exit,
  ],
});
compareSessions("bash in bash", {
  program: BASH,
  setup: NAP,
  steps: [
    START,
    line("PS1='inner> ' bash --norc", /inner>/),
    line("echo $SHLVL", /^\d$/m, false),
    nap,
    keys("C-c").until(/\^C\ninner>/, false),
    keys("C-d").until(/exit\n\$/, false),
    line("clear; echo outer", /^outer$/m),
    exit,
  ],
});
compareSessions("sh: prompt, canonical editing and exit", {
  program: ["/bin/sh", "-i"],
  setup: NAP,
  steps: [
    START,
    keys("'echo helxx", "BSpace", "BSpace", "'lo", "Enter").until(/^hello$/m),
    keys("'garbage", "C-u", "'echo kill", "Enter").until(/^kill$/m),
    keys("'echo one twoo", "C-w", "'two", "Enter").until(/^one two$/m),
    keys("'echo ", "C-v", "C-a", "Enter").until(/echo \^A/),
    keys("'cat", "Enter", "'äöü€", "BSpace", "BSpace", "'x", "Enter").until(/äöx\näöx/),
    keys("C-d").until(/\n\$/),
    nap,
    keys("C-c").until(/\^C/),
    line("./nap", /asleep\n(.*\n)*.*asleep/, false),
    keys("C-z").until(/Stopped +\.\/nap/),
    line("jobs; fg", /fg\n\[1\] \+ Stopped +\.\/nap\n\.\/nap/, false),
    keys("C-c").until(/\^C/),
    keys("C-d").until(/ended/),
  ],
});
compareSessions("stty", {
  program: BASH,
  setup: NAP,
  steps: [
    START,
    line("stty -a | head -n 20", /speed [\s\S]*echoke[\s\S]*\$/),
    line("clear; stty size", /^24 80$/m),
    line("stty -echo; echo quiet", /^quiet$/m),
    line("echo unseen; stty echo", /^unseen$/m),
    line("stty -icanon min 1; echo go; head -c 3; stty icanon", /^go$/m, false),
    keys("'xyz").until(/xyzxyz\$|xyz[\s\S]*xyz/),
    line("", /\$/),
    line("clear; stty intr ^E; stty -a | grep -o 'intr = ..'", /intr = \^E/),
    nap,
    keys("C-e").until(/\^E\n\$/),
    line("stty sane; stty -g | tr -d 0-9a-f", /^:+$/m),
    line("read -s -p 'secret: ' x; echo \"[$x]\"", /^secret:/m, false),
    keys("'pass", "Enter").until(/\[pass\]/),
    line("stty -onlcr; printf 'a\\nb'; stty onlcr; echo", /b/),
    exit,
  ],
});
compareSessions("Ctrl-S and Ctrl-Q", {
  program: BASH,
  steps: [
    START,
    line("for i in 1 2 3 4 5; do echo n$i; sleep 0.3; done", /n1/, false),
    keys("C-s").until(/n1/, false),
    keys("C-q").until(/n5\n\$/),
    exit,
  ],
});
compareSessions("window resize", {
  program: BASH,
  steps: [
    START,
    line("stty size; trap 'echo winch' WINCH", /24 80/),
    { resize: [100, 30], wait: /\$/, compare: false },
    line("", /winch\n\n\$/, false),
    line("clear; stty size; tput cols", /30 100\n100/),
    line(
      "sh -c 'trap \"stty size; exit\" WINCH; echo ready; while :; do sleep 0.1; done'",
      /^ready$/m,
      false,
    ),
    { resize: [60, 20], wait: /20 60/, compare: false },
    line("trap - WINCH; clear; echo $COLUMNS $LINES", /^60 20$/m),
    exit,
  ],
});
compareSessions("less", {
  program: BASH,
  needs: ["less"],
  setup: "seq 1 500 > f",
  steps: [
    START,
    line("less f", /^23\n(f|:)/m),
    keys("Space").until(/^46\n/m),
    keys("'/333", "Enter").until(/^333$/m),
    keys("'G").until(/^500\n.*\(END\)/m),
    keys("'g").until(/^1\n2\n/m),
    keys("Down", "Down").until(/^3\n4\n[\s\S]*25/),
    keys("'50%").until(/^2\d\d\n[\s\S]*2\d\d/),
    keys("'q").until(/\$ *\n?\[cursor/),
    line("seq 100 | less -X +/77", /^77$/m),
    keys("'q").until(/\$/),
    exit,
  ],
});
compareSessions("vi (vim.tiny)", {
  program: BASH,
  needs: ["vim.tiny"],
  setup: "printf 'one\\ntwo\\nthree\\n' > f",
  steps: [
    START,
    line("vim.tiny -u NONE -i NONE f", /one\ntwo\nthree\n~/),
    keys("'oinserted line", "Escape").until(/inserted line\n/),
    keys("'ddp").until(/two\ninserted line/),
    keys("'G", "'yyp", "'A end", "Escape").until(/three end/),
    keys("':%s/o/0/g", "Enter").until(/0ne/),
    keys("'u", "'/three", "Enter").until(/one/),
    keys("'ggVG", "'>").until(/^\s+one/m),
    keys("':wq", "Enter").until(/\$ *\n?\[cursor/, false),
    line("clear; cat f", /three end/),
    exit,
  ],
});
compareSessions("top on the terminal, quit by q", {
  program: BASH,
  needs: ["top"],
  steps: [
    START,
    line("top", /PID +USER[\s\S]*top/, false),
    keys("'q").until(/\$ *\n?\[cursor/, false),
    line("clear; echo back", /^back$/m),
    line("top -b -n1 | head -n 1 | cut -c1-5", /^top -$/m),
    exit,
  ],
});
compareSessions("python's prompt", {
  program: ["/usr/bin/python3", "-q"],
  needs: ["/usr/bin/python3"],
  steps: [
    { keys: [], wait: />>>/ },
    line("1 + 1", /^2$/m),
    line("def f(x):", /\.\.\./),
    line("    return x * 2", /\.\.\. +return[^\n]*\n\.\.\./),
    line("", />>> *\n/),
    line("f(21)", /^42$/m),
    keys("Up", "Enter").until(/42\n[\s\S]*42/),
    line("import time; print('go'); time.sleep(100)", /^go$/m, false),
    keys("C-c").until(/KeyboardInterrupt\n>>>/),
    line("input('name? ')", /^name\?/m),
    line("me", /'me'/),
    keys("C-d").until(/ended 0/),
  ],
});
compareSessions("read, select and /dev/tty", {
  program: BASH,
  steps: [
    START,
    line("read -p 'name: ' n; echo \"hi $n\"", /^name:/m),
    line("ann", /hi ann/),
    line("select x in a b; do echo $x; break; done", /#\?/),
    line("2", /^b$/m),
    line('echo direct > /dev/tty; (read y < /dev/tty; echo "got $y") < /dev/null', /^direct$/m, false),
    line("typed", /got typed/),
    line("read -t 0.2 z; echo $(( $? > 128 ))", /^1$/m),
    line('read -p "key: " -n 1 k; echo "[$k]"', /^key:/m, false),
    keys("'q").until(/q\[q\]|\[q\]/),
    exit,
  ],
});
compareSessions("input typed ahead", {
  program: BASH,
  steps: [
    START,
    keys("'sleep 3", "Enter", "'echo typed ahead", "Enter").until(/^typed ahead\n\$/m),
    exit,
  ],
});
compareSessions("background output and stopped by tostop", {
  program: BASH,
  mask: maskJobs,
  steps: [
    START,
    line("stty tostop; (echo never) & until jobs | grep -q '[S]topped'; do sleep 0.1; done; jobs", /Stopped/),
    line("stty -tostop; fg", /never\n\$/),
    exit,
  ],
});
compareSessions("the terminal is as it was afterwards", {
  program: [],
  hostScript:
    `stty -a > before; $RUN /bin/sh -i; echo "left $?"; stty -a | diff before - && echo same; rm before`,
  steps: [
    START,
    line("echo in", /^in$/m),
    keys("C-d").until(/left 0\nsame/),
  ],
});
oracleTest("interactive: what the guest does to its terminal ends with it", ["tmux"], async () => {
  const run = denixCommand(...environmentOptions({ PATH: "/usr/bin:/bin", TERM: "screen" })).join(" ");
  const script =
    `stty -a > before; ${run} /bin/sh -c 'stty raw -echo intr ^E; exit 3'; echo "left $?"; stty -a | diff before - && echo same
${run} /bin/sh -c 'stty raw; kill -9 $$'; echo "left $?"; stty -a | diff before - && echo same; rm before; sleep 1000`;
  const folder = await Deno.makeTempDir();
  const pane = await Pane.start(["bash", "-c", script], folder);
  try {
    await pane.settled(/left 3\nsame\nleft 137\nsame/, 60);
  } finally {
    await pane.close();
    await Deno.remove(folder, { recursive: true });
  }
});
compareSessions("the terminal is restored when denix is killed", {
  program: [],
  hostScript:
    `stty -a > before; set -m; $RUN /bin/bash --norc -i & p=$!; (until ! stty -a < /dev/tty | cmp -s before; do sleep 0.1; done; kill -TERM -$p; sleep 2; kill -HUP $p) & fg 1 > /dev/null; echo; stty -a | diff before - && echo restored; rm before`,
  steps: [{ keys: [], wait: /restored/, compare: false }],
  ends: false,
});
