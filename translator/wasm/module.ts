// A WebAssembly module around functions (WebAssembly Core Specification 2.0, section 5.5).

import { Code, I32, OP } from "./encoder.ts";

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export interface FunctionBody {
  readonly type: FunctionType;
  /** Types of the locals behind the parameters. */
  readonly locals: readonly number[];
  readonly code: Code;
  /** Under which it is exported; undefined: it is not. */
  readonly name: string | undefined;
}

export interface ModuleParts {
  /** Pages of the memory, which is shared ("m" "m"). */
  readonly pages: number;
  /** Types that come first, for indirect calls. */
  readonly types?: readonly FunctionType[];
  /** Types of the imported functions ("f" "0", "1", …). */
  readonly imports: readonly FunctionType[];
  /** There is a second function table, "m" "h". */
  readonly handlers?: boolean;
  /** Number of imported constant i32 globals ("g" "0", "1", …). */
  readonly globals: number;
  readonly functions: readonly FunctionBody[];
}

const name = (text: string) => new Code().u(text.length).op(...[...text].map((d) => d.charCodeAt(0)));

/** A module over one memory and one function table ("m" "t"). */
export function wasmModule(
  { pages, types: first = [], imports, handlers = false, globals, functions }: ModuleParts,
): Uint8Array<ArrayBuffer> {
  const types: string[] = [];
  const typeBytes: FunctionType[] = [];
  const typeOf = (t: FunctionType) => {
    const key = `${t.params}:${t.results}`;
    let n = types.indexOf(key);
    if (n < 0) {
      n = types.push(key) - 1;
      typeBytes.push(t);
    }
    return n;
  };
  first.forEach(typeOf);
  const ownTypes = functions.map(({ type }) => typeOf(type)), importTypes = imports.map(typeOf);
  const out = new Code().op(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const section = (id: number, content: Code) => out.op(id).u(content.length).append(content);

  const typeSection = new Code().u(typeBytes.length);
  for (const t of typeBytes) {
    typeSection.op(0x60).u(t.params.length).op(...t.params).u(t.results.length).op(...t.results);
  }
  section(1, typeSection);
  const importSection = new Code().u(imports.length + globals + (handlers ? 3 : 2));
  importSection.append(name("m")).append(name("m")).op(2, 3).u(pages).u(pages);
  importSection.append(name("m")).append(name("t")).op(1, 0x70, 0, 1);
  if (handlers) importSection.append(name("m")).append(name("h")).op(1, 0x70, 0, 1);
  importTypes.forEach((t, i) => importSection.append(name("f")).append(name(String(i))).op(0).u(t));
  for (let i = 0; i < globals; i++) {
    importSection.append(name("g")).append(name(String(i))).op(3, I32, 0);
  }
  section(2, importSection);
  const functionSection = new Code().u(functions.length);
  for (const type of ownTypes) functionSection.u(type);
  section(3, functionSection);
  const exportSection = new Code().u(functions.filter((f) => f.name !== undefined).length);
  functions.forEach((f, i) => {
    if (f.name !== undefined) exportSection.append(name(f.name)).op(0).u(imports.length + i);
  });
  section(7, exportSection);
  const codeSection = new Code().u(functions.length);
  const hinted: Code[] = [];
  functions.forEach(({ locals, code }, i) => {
    if (code.holes.length > 0) throw new Error("the function has holes");
    // Locals of one type in a row are declared together.
    const runs: [number, number][] = [];
    for (const type of locals) {
      const last = runs[runs.length - 1];
      if (last !== undefined && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const content = new Code().u(runs.length);
    for (const [count, type] of runs) content.u(count).op(type);
    content.append(code).op(OP.end);
    codeSection.u(content.length).bytes(content.written());
    if (content.hints.length === 0) return;
    const hints = new Code().u(imports.length + i).u(content.hints.length);
    for (const hint of content.hints) hints.u(hint >>> 1).op(1, hint & 1);
    hinted.push(hints);
  });
  if (hinted.length > 0) {
    const hintSection = name("metadata.code.branch_hint").u(hinted.length);
    for (const hints of hinted) hintSection.append(hints);
    section(0, hintSection);
  }
  section(10, codeSection);
  return out.finish();
}
