// Names for the objects that IR operations refer to (helper functions and what they share with their callers), so that IR can be
// written to a file and read back: an object without a name keeps its block out of the file, nothing more.

const names = new Map<object, string>();
const objects = new Map<string, object>();

/** Gives `o` a name of its own. The first name of an object stays. */
export function named<T extends object>(name: string, o: T): T {
  if (names.has(o)) return o;
  if (objects.has(name)) throw new Error(`two objects are named ${name}`);
  names.set(o, name);
  objects.set(name, o);
  return o;
}

/** Names every function and object of a module (or of a record of local ones). */
export function nameAll(prefix: string, module: Readonly<Record<string, unknown>>): void {
  for (const [name, o] of Object.entries(module)) {
    if (typeof o === "function" || typeof o === "object" && o !== null) named(`${prefix}.${name}`, o);
  }
}

export function nameOf(o: object): string | undefined {
  return names.get(o);
}
export function objectNamed(name: string): object | undefined {
  return objects.get(name);
}
