// iced-x86 as a package. It takes longer to load than all of the translator, and is not needed where all translations were kept.

import type { IcedPackage } from "./iced.ts";

export const ICED_NAME = "iced-x86";
/** The package, loaded the usual way. */
export async function loadIced(): Promise<IcedPackage> {
  return await import("iced-x86");
}
