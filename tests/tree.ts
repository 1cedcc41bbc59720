// What a run left behind, as lines that can be compared: files with mode, owner and content, and texts.

/** Everything below `root`: name, type, mode, owner, links, size and content or target, sorted. */
export async function tree(root: string): Promise<string[]> {
  const result: string[] = [];
  const walk = async (folder: string, prefix: string) => {
    const entries: Deno.DirEntry[] = [];
    try {
      for await (const entry of Deno.readDir(folder)) entries.push(entry);
    } catch {
      return;
    }
    for (const { name } of entries.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      const path = `${folder}/${name}`, shown = `${prefix}${name}`;
      // Deno cannot name files whose names are not UTF-8.
      const info = await Deno.lstat(path).catch(() => undefined);
      if (info === undefined) {
        result.push(`${shown} (not accessible)`);
        continue;
      }
      const mode = (info.mode! & 0o7777).toString(8);
      const owner = `${info.uid}:${info.gid}`;
      if (info.isDirectory) {
        result.push(`${shown}/ ${mode} ${owner}`);
        await walk(path, `${shown}/`);
      } else if (info.isSymlink) result.push(`${shown} -> ${await Deno.readLink(path)}`);
      else if (info.isFile) {
        const content = await Deno.readFile(path);
        result.push(`${shown} ${mode} ${owner} links ${info.nlink} size ${info.size} hash ${hash(content)}`);
        // Deno cannot make FIFOs and sockets: the guest's stay in memory and are not left on the host.
      } else if (!info.isFifo && !info.isSocket) result.push(`${shown} special ${mode} ${owner}`);
    }
  };
  await walk(root, "");
  return result;
}

/** FNV-1a: tells contents apart, no more. */
export function hash(bytes: Uint8Array): string {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16);
}

/** As lines, so that differences are shown by line. */
export function lines(text: string): string[] {
  const all = text.split("\n");
  if (all.length < 2000) return all;
  return [...all.slice(0, 2000), `… ${all.length - 2000} more, hash ${hash(new TextEncoder().encode(text))}`];
}
