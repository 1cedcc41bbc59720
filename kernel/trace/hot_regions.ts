// Which code got a region, and how often sampling found it running? For --stats.

import type { Block } from "../../translator/cache/block.ts";
import type { Dispatcher } from "../../translator/dispatch.ts";
import { current } from "../task/current.ts";
import { placeText, Symbols } from "./symbols.ts";

const SHOWN = 12;

/** Names are found when a region is made: at the end, its process is gone. */
export class HotRegions {
  readonly #regions = new Map<Block, string>();

  constructor(dispatcher: Dispatcher) {
    const symbols = new Symbols();
    dispatcher.promoter.onRegion = (block) => {
      const mm = current.task?.mm, place = mm === undefined ? undefined : symbols.at(mm, block.address);
      this.#regions.set(block, place === undefined ? `0x${block.address.toString(16)}` : placeText(place));
    };
  }

  /** The hottest: samples that found it, and what it is. */
  rows(): [string, number][] {
    return [...this.#regions].sort(([a], [b]) => b.heat - a.heat).slice(0, SHOWN)
      .map(([block, name]) => [`samples of region ${name}`, Math.round(block.heat)]);
  }
}
