// Scripts in scripts/: one tool or one part of the shell each, with its options, its error messages and odd input. The first
// line may name what must be installed ("# needs: jq lua").

import { compareScripts } from "../batch.ts";

const FOLDER = new URL("./scripts/", import.meta.url);

function readCase(file: string) {
  const script = Deno.readTextFileSync(new URL(file, FOLDER));
  const needs = /^# needs: (.*)\n/.exec(script)?.[1]?.split(" ") ?? [];
  // Bash tells the number of a process that a signal has killed.
  return { script, needs, mask: (text: string) => text.replace(/(line \d+:) +\d+ /g, "$1 PID ") };
}

const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
compareScripts(
  "scripts",
  Object.fromEntries(files.map((file) => [file.replace(/\.sh$/, "").replaceAll("_", " "), readCase(file)])),
  { shell: "/bin/bash", seconds: 120 },
);
