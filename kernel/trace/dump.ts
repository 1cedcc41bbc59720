// --dump ir|js[=ADDRESS|SYMBOL]: prints translated blocks to standard error as they are made.

import type { IrBlock } from "../../translator/ir/block.ts";
import { blockText } from "../../translator/ir/text.ts";
import { blockSource } from "../../translator/js/source.ts";
import type { Mm } from "../mm/mm.ts";
import type { Dump } from "../session/options.ts";
import { placeText, Symbols } from "./symbols.ts";

/** A function for Translator.onBlock. `mm` tells the address space of the running task. */
export function blockDumper(
  dump: Dump,
  mm: () => Mm | undefined,
  print: (text: string) => void,
): (block: IrBlock) => void {
  const symbols = new Symbols();
  const wanted = dump.where;
  const address = wanted !== undefined && /^(0x)?[0-9a-f]+$/i.test(wanted) ? parseInt(wanted, 16) : undefined;
  return (block) => {
    const space = mm();
    const place = space === undefined ? undefined : symbols.at(space, block.address);
    const here = wanted === undefined || place?.symbol === wanted ||
      (address !== undefined && block.address <= address && address < block.end);
    if (!here) return;
    const title = `# ${block.address.toString(16)}${place === undefined ? "" : ` ${placeText(place)}`}\n`;
    print(
      title +
        (dump.form === "ir"
          ? blockText(block)
          : blockSource(block, [], place?.symbol?.replace(/\W/g, "_")) + "\n"),
    );
  };
}
