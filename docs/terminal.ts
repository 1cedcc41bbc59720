// Makes docs/terminal.svg, the README's picture: a session typed into a real terminal (tmux), drawn as SVG.
//
//   deno run -A docs/terminal.ts

import { Pane } from "../tests/pane.ts";

const ENTRY = new URL("../mod.ts", import.meta.url).pathname;
const WORK = await Deno.makeTempDir();
const PROMPT = /\$ *\n\[cursor/;

const env = [
  "--env-clear",
  ...Object.entries({
    PATH: "/usr/bin:/bin",
    HOME: WORK,
    TERM: "screen",
    LANG: "C.UTF-8",
    PS1: "guest$ ",
  }).map(([name, value]) => `--env=${name}=${value}`),
];

const LINES = [
  "uname -sm; cat /proc/version | cut -c1-60",
  "seq 5 | sort -rn | paste -sd+ | tee /dev/stderr | bc",
  `printf '#include <stdio.h>\\nint main(){puts("hello from gcc");}' > h.c`,
  "gcc h.c && ./a.out",
  "sleep 100 &",
  "ps -o pid,stat,args",
  "rm -rf /usr/bin; ls /usr/bin",
  "exit",
];

const pane = await Pane.start(
  [
    "sh",
    "-c",
    'echo "host\\$ deno run -A mod.ts /bin/bash"; "$@"; echo "host\\$ ls /usr/bin | wc -l"; ls /usr/bin | wc -l; sleep 1000',
    "sh",
    Deno.execPath(),
    "run",
    "-A",
    ENTRY,
    ...env,
    "--cwd",
    "/tmp",
    "/bin/bash",
    "--norc",
    "--noprofile",
    "-i",
  ],
  WORK,
  84,
  30,
);
await pane.settled(PROMPT, 60);
for (const line of LINES) {
  await pane.type([`'${line}`, "Enter"]);
  await pane.settled(line === "exit" ? /wc -l\n\d+/ : PROMPT, 120);
}
const text = (await pane.screen()).replace(/\n\[cursor.*$/, "");
await pane.close();
await Deno.remove(WORK, { recursive: true });

const escape = (s: string) => s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const rows = text.split("\n");
const LINE = 18, LEFT = 16, TOP = 52, WIDTH = 760;
const height = TOP + rows.length * LINE + 8;
const body = rows.map((row, index) => {
  const prompt = /^(host\$|guest\$|>)( .*)?$/.exec(row);
  const content = prompt === null
    ? escape(row)
    : `<tspan class="${prompt[1] === "host$" ? "h" : "p"}">${escape(prompt[1]!)}</tspan><tspan class="c">${
      escape(prompt[2] ?? "")
    }</tspan>`;
  return `<text x="${LEFT}" y="${TOP + index * LINE}" xml:space="preserve">${content}</text>`;
});
await Deno.writeTextFile(
  new URL("./terminal.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>A shell from Debian running inside Deno</title>
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d0d7de}.h{fill:#8b949e}.p{fill:#7ee787}.c{fill:#f0f6fc;font-weight:600}</style>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
${body.join("\n")}
</svg>
`,
);
