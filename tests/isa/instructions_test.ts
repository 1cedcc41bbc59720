// Is docs/instructions.md what its script writes?

import { assertEquals } from "@std/assert";
import { instructionsPage, TARGET } from "../../docs/instructions.ts";

Deno.test("docs/instructions.md lists what the translator knows", async () => {
  assertEquals(
    await instructionsPage(),
    Deno.readTextFileSync(TARGET),
    "run deno run -A docs/instructions.ts",
  );
});
