// Keys in, echo and reads out. The expectations in testdata/ldisc.json were recorded from a pty of a Linux 6 kernel.

import { assertEquals } from "@std/assert";
import type { TtyDriver } from "./driver.ts";
import { LineDiscipline } from "./ldisc.ts";
import { Termios } from "./termios.ts";

interface Case {
  name: string;
  // One character a byte.
  keys: string;
  prefix: string;
  out: string | null;
  reads: string[];
  iflag: number;
  oflag: number;
  lflag: number;
  cc: [number, number][];
}

function terminal() {
  const out: number[] = [], signals: number[] = [];
  const driver: TtyDriver = {
    name: "test",
    rdev: 0,
    room: () => 65536,
    write: (bytes, offset, length) => void out.push(...bytes.subarray(offset, offset + length)),
    pending: () => 0,
    flush: () => void (out.length = 0),
  };
  const termios = new Termios();
  const discipline = new LineDiscipline(driver, termios, {
    signal: (signo) => void signals.push(signo),
    readable: () => {},
    writable: () => {},
  });
  return { out, signals, termios, discipline };
}

const text = (bytes: readonly number[]) => String.fromCharCode(...bytes);
const bytesOf = (from: string) => Uint8Array.from(from, (c) => c.charCodeAt(0));

const cases: Case[] = JSON.parse(Deno.readTextFileSync(new URL("testdata/ldisc.json", import.meta.url)));
for (const test of cases) {
  Deno.test(`line discipline does as Linux: ${test.name}`, () => {
    const { out, termios, discipline } = terminal();
    Object.assign(termios, { iflag: test.iflag, oflag: test.oflag, lflag: test.lflag });
    for (const [index, value] of test.cc) termios.cc[index] = value;
    discipline.output.write(bytesOf(test.prefix), 0, test.prefix.length);
    const keys = bytesOf(test.keys);
    discipline.receive(keys, 0, keys.length);
    const reads: string[] = [];
    const buffer = new Uint8Array(65536);
    while (discipline.available(1)) {
      reads.push(text([...buffer.subarray(0, discipline.read(buffer, 0, buffer.length))]));
    }
    assertEquals(reads, test.reads);
    // How much echo of a very long line gets through depends on the pty's buffers.
    if (test.out !== null) assertEquals(text(out), test.out);
  });
}

Deno.test("line discipline sends signals and flushes", () => {
  const { discipline, signals } = terminal();
  discipline.receive(Uint8Array.of(97, 3, 28, 26, 98, 10), 0, 6);
  assertEquals(signals, [2, 3, 20]);
  const buffer = new Uint8Array(10);
  assertEquals(discipline.read(buffer, 0, 10), 2);
  assertEquals(buffer[0], 98);
});

Deno.test("line discipline keeps what is typed over a change to raw mode and back", () => {
  const { discipline, termios } = terminal();
  discipline.receive(Uint8Array.of(97, 98), 0, 2);
  assertEquals(discipline.available(1), false);
  const old = termios.clone();
  termios.lflag &= ~2;
  discipline.settingsChanged(old);
  assertEquals(discipline.available(1), true);
  const raw = termios.clone();
  termios.lflag |= 2;
  discipline.settingsChanged(raw);
  const buffer = new Uint8Array(10);
  assertEquals(discipline.read(buffer, 0, 10), 2);
});

Deno.test("line discipline refuses input in raw mode when its buffer is full", () => {
  const { discipline, termios } = terminal();
  termios.lflag = 0;
  const bytes = new Uint8Array(5000);
  assertEquals(discipline.receive(bytes, 0, 5000), 4095);
});
