// What do VERASE, VWERASE and VKILL take away, and how does the screen follow? (UTF-8 aware with IUTF8.)

import type { LineBuffer } from "./line.ts";
import { isControl, type Output } from "./output.ts";
import * as T from "./termios.ts";
import type { Termios } from "./termios.ts";

const BS = 8, TAB = 9, NL = 10, SPACE = 32, BACKSLASH = 92, SLASH = 47;

/** Letters and digits of Latin-1, which is what the kernel's isalnum knows. */
function isWord(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 ||
    (c >= 0xc0 && c !== 0xd7 && c !== 0xf7);
}

/** Performs the erasing key `c`. Returns whether an ECHOPRT \ is still to be closed by / . */
export function erase(
  line: LineBuffer,
  output: Output,
  termios: Termios,
  key: number,
  erasing: boolean,
): boolean {
  const { lflag, cc } = termios;
  const on = (flag: number) => (lflag & flag) !== 0;
  if (line.head === line.canon) return erasing;
  const echo = on(T.ECHO);
  const one = key === cc[T.VERASE];
  const word = !one && key === cc[T.VWERASE];
  const closeErasing = () => {
    if (erasing) output.echoRaw(SLASH);
    erasing = false;
  };
  if (!one && !word) {
    if (!echo) {
      line.head = line.canon;
      return erasing;
    }
    if ((lflag & (T.ECHOK | T.ECHOKE | T.ECHOE)) !== (T.ECHOK | T.ECHOKE | T.ECHOE)) {
      line.head = line.canon;
      closeErasing();
      output.echo(cc[T.VKILL]);
      if (on(T.ECHOK)) output.echoRaw(NL);
      return erasing;
    }
  }
  const utf8 = (termios.iflag & T.IUTF8) !== 0;
  const continues = (c: number) => utf8 && (c & 0xc0) === 0x80;
  let seenWord = false;
  while (line.head !== line.canon) {
    let head = line.head, c: number;
    do c = line.at(--head); while (continues(c) && head !== line.canon);
    if (continues(c)) break;
    if (word) {
      if (isWord(c)) seenWord = true;
      else if (seenWord) break;
    }
    const end = line.head;
    line.head = head;
    if (echo) {
      if (on(T.ECHOPRT)) {
        if (!erasing) output.echoRaw(BACKSLASH);
        erasing = true;
        output.echo(c);
        for (let i = head + 1; i < end; i++) output.echoRaw(line.at(i));
      } else if (one && !on(T.ECHOE)) {
        output.echo(cc[T.VERASE]);
      } else if (c === TAB) {
        eraseTab(line, output, on(T.ECHOCTL), continues);
      } else {
        if (isControl(c) && on(T.ECHOCTL)) backOver(output);
        if (!isControl(c) || on(T.ECHOCTL)) backOver(output);
      }
    }
    if (one) break;
  }
  if (line.head === line.canon && echo) closeErasing();
  return erasing;
}

function backOver(output: Output): void {
  output.echoRaw(BS);
  output.echoRaw(SPACE);
  output.echoRaw(BS);
}

/** How wide a tab was depends on what is in front of it. */
function eraseTab(
  line: LineBuffer,
  output: Output,
  showControls: boolean,
  continues: (c: number) => boolean,
): void {
  let width = 0, afterTab = false;
  for (let i = line.head; i !== line.canon;) {
    const c = line.at(--i);
    if (c === TAB) {
      afterTab = true;
      break;
    }
    if (isControl(c)) width += showControls ? 2 : 0;
    else if (!continues(c)) width++;
  }
  output.echoEraseTab(width, afterTab);
}
