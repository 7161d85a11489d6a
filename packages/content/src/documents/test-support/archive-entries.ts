/** Entries of a sample archive, as OpenSimulator writes it; for tests only, so without the checks of the real reader. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface SampleEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

const block = 512;

export function sampleEntries(path: string): readonly SampleEntry[] {
  const tar = gunzipSync(readFileSync(path));
  const entries: SampleEntry[] = [];
  let longName: string | undefined;
  for (let at = 0; at + block <= tar.length && tar[at] !== 0;) {
    const field = (from: number, length: number): string =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12), 8);
    const bytes = tar.subarray(at + block, at + block + size);
    const type = field(156, 1);
    if (type === 'L') longName = bytes.toString('utf8').replace(/\0+$/, '');
    else {
      if (type === '' || type === '0') entries.push({ name: longName ?? field(0, 100), bytes });
      longName = undefined;
    }
    at += block + Math.ceil(size / block) * block;
  }
  return entries;
}

/** The bytes of the first entry whose name matches. */
export function sampleEntry(path: string, name: RegExp): Buffer {
  const entry = sampleEntries(path).find((candidate) => name.test(candidate.name));
  if (entry === undefined) throw new Error(`no entry ${name} in ${path}`);
  return entry.bytes;
}
