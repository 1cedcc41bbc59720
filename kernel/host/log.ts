// Where does a trace go that was sent to a host file (`--strace=FILE`)?

/** Makes the file (or empties it); the function appends text to it. Throws host errors. */
export function hostLog(path: string): (text: string) => void {
  const file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  return (text) => {
    const bytes = encoder.encode(text);
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  };
}
