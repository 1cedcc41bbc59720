// Translations kept between runs: a CodeFile for each guest file that code comes from, loaded when code of it is first run.

import { CodeFile } from "./code_file.ts";

/** Where code files are kept. Names are chosen by whoever says which file code comes from (Env.codeSource). */
export interface CodeFiles {
  /** Undefined: there is none. */
  read(name: string): Uint8Array<ArrayBuffer> | undefined;
  write(name: string, content: Uint8Array<ArrayBuffer>): void;
  remove(name: string): void;
  /** Called after files were written: makes room where there is too little. */
  tidy(): void;
}

/** A guest file that code comes from. */
export interface CodeSource {
  readonly name: string;
}

export class CodeStore {
  readonly #files: CodeFiles;
  readonly #open = new Map<string, CodeFile>();
  readonly #others: { name: string; content: () => Uint8Array<ArrayBuffer> | undefined }[] = [];
  /** Of the last source: most look-ups are for the same. */
  #last: CodeSource | undefined;
  #lastFile: CodeFile | undefined;

  /** Added to the names of files. */
  #variant = "";

  constructor(files: CodeFiles) {
    this.#files = files;
  }

  /** From now on, code is kept apart from that for processors of other levels. */
  forLevel(level: number): void {
    this.#variant = `-v${level}`;
  }

  file(source: CodeSource): CodeFile {
    if (source === this.#last) return this.#lastFile!;
    let file = this.#open.get(source.name);
    if (file === undefined) this.#open.set(source.name, file = this.#load(source.name));
    this.#last = source;
    return this.#lastFile = file;
  }

  #load(name: string): CodeFile {
    const content = this.#files.read(name + this.#variant);
    try {
      return new CodeFile(content);
    } catch {
      this.#files.remove(name + this.#variant);
      return new CodeFile();
    }
  }

  /** What was kept under a name besides the code of files. */
  kept(name: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#files.read(name);
  }
  /** At save(), what `content` gives is kept under that name. Undefined: nothing new. */
  keep(name: string, content: () => Uint8Array<ArrayBuffer> | undefined): void {
    this.#others.push({ name, content });
  }

  /** Writes what is new. */
  save(): void {
    let written = false;
    for (const { name, content } of this.#others) {
      const bytes = content();
      if (bytes !== undefined) this.#files.write(name, bytes);
    }
    for (const [name, file] of this.#open) {
      const content = file.changed ? file.save() : undefined;
      if (content !== undefined) this.#files.write(name + this.#variant, content);
      written ||= content !== undefined;
    }
    if (written) this.#files.tidy();
    // The files have it all now; whoever comes next loads them anew.
    this.#open.clear();
    this.#last = this.#lastFile = undefined;
  }
}
