// What a warm start does without: the modules that make code (makers.ts). They are loaded when there is code to be made, or at once where nothing is
// kept from earlier runs.
//
// Only by import() of a name that Deno sees before denix runs: for others, and for require(), it clears the line on the terminal.

import type * as Makers from "./makers.ts";

let makers: typeof Makers | undefined;
let loading: Promise<typeof Makers> | undefined;

export function loadMakers(): Promise<typeof Makers> {
  return loading ??= import("./makers.ts").then((loaded) => makers = loaded);
}

/** Whether code can be made; if not, it can soon. */
export function makersReady(): boolean {
  if (makers === undefined) void loadMakers();
  return makers !== undefined;
}

/** For who knows that they are ready. */
export function codeMakers(): typeof Makers {
  if (makers === undefined) throw new Error("what makes code is not loaded yet");
  return makers;
}
