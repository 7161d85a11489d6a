/** Where each kind of file is, below the root of a target: restic's default layout (internal/backend/layout/layout_default.go). */
import type { FileKind } from './target.ts';

const folders: Readonly<Record<Exclude<FileKind, 'config'>, string>> = {
  key: 'keys',
  pack: 'data',
  index: 'index',
  snapshot: 'snapshots',
  lock: 'locks',
  parity: 'parity',
  state: 'gridkeep',
};
const configPath = 'config';
const hashName = /^[0-9a-f]{64}$/;
const stateName = /^[a-z][a-z0-9-]{0,63}$/;

export function isFileName(kind: FileKind, name: string): boolean {
  if (kind === 'config') return name === '';
  return (kind === 'state' ? stateName : hashName).test(name);
}

/** With / between the parts. Throws RangeError for a name that no such file has, so that none leads elsewhere. */
export function filePath(kind: FileKind, name: string): string {
  if (!isFileName(kind, name)) throw new RangeError(`no ${kind} has the name ${JSON.stringify(name)}`);
  if (kind === 'config') return configPath;
  if (kind === 'pack') return `${folders.pack}/${name.slice(0, 2)}/${name}`;
  return `${folders[kind]}/${name}`;
}

/** What all paths of a kind begin with. */
export function kindPrefix(kind: FileKind): string {
  return kind === 'config' ? configPath : `${folders[kind]}/`;
}

/** The name of the file of that kind at a path; undefined for everything else. */
export function fileNameAt(kind: FileKind, path: string): string | undefined {
  const name = kind === 'config' ? '' : path.slice(path.lastIndexOf('/') + 1);
  return isFileName(kind, name) && filePath(kind, name) === path ? name : undefined;
}
