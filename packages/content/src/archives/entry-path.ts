/** What an entry is, by its path alone. Paths are compared as text; none ever becomes a path on a disk. */

export type RegionFile = 'settings' | 'parcel' | 'terrain' | 'object';

export type EntryPlace =
  | { readonly kind: 'control' }
  /** `file` is all that follows `assets/`. */
  | { readonly kind: 'asset'; readonly file: string }
  /** `regionDir` is the directory below `regions/`, '' in an archive of one region; `file` what follows the folder. */
  | { readonly kind: RegionFile; readonly regionDir: string; readonly file: string }
  /** `path` is all that follows `inventory/`. */
  | { readonly kind: 'inventory'; readonly path: string }
  | { readonly kind: 'other' };

const folders: readonly (readonly [folder: string, kind: RegionFile])[] = [
  ['settings/', 'settings'],
  ['landdata/', 'parcel'],
  ['terrains/', 'terrain'],
  ['objects/', 'object'],
];

/**
 * `regionDirs` are those of the control file when it was read already. A region's name stands in the path as it is,
 * so that a directory may hold `/`, `..` or even `/objects/`: only the control file tells for certain where it ends.
 */
export function placeOf(name: string, regionDirs: ReadonlySet<string> = noDirs): EntryPlace {
  if (name === 'archive.xml') return { kind: 'control' };
  if (name.startsWith('assets/')) return { kind: 'asset', file: name.slice('assets/'.length) };
  if (name.startsWith('inventory/')) return { kind: 'inventory', path: name.slice('inventory/'.length) };
  if (!name.startsWith('regions/')) return regionFile(name, '') ?? { kind: 'other' };
  const rest = name.slice('regions/'.length);
  let first: EntryPlace | undefined;
  for (const cut of rest.matchAll(/\/(?=(?:settings|landdata|terrains|objects)\/)/g)) {
    const dir = rest.slice(0, cut.index);
    const place = regionFile(rest.slice(cut.index + 1), dir);
    if (regionDirs.has(dir) && place !== undefined) return place;
    first ??= place;
  }
  return first ?? { kind: 'other' };
}

const noDirs: ReadonlySet<string> = new Set();

function regionFile(path: string, regionDir: string): EntryPlace | undefined {
  for (const [folder, kind] of folders)
    if (path.startsWith(folder)) return { kind, regionDir, file: path.slice(folder.length) };
  return undefined;
}

/** Why a tool that unpacks to a disk should not trust this name; undefined when it is harmless. */
export function hazardOf(name: string): string | undefined {
  if (name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name)) return 'the path is absolute';
  if (name.includes('\\')) return 'the path holds a backslash';
  if (name.split('/').includes('..')) return 'the path holds ".."';
  return undefined;
}
