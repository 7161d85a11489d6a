/** What a look at a repository can find, named and put so that a person understands it. */
import type { FileKind } from '../target/target.ts';

export type FindingKind =
  /** A file that is needed is not there. */
  | 'missing'
  /** A file is there, its size is not what the index or the parity says. */
  | 'wrong size'
  /** The content of a file does not hash to its name. */
  | 'wrong content'
  /** A file is what its name says and still cannot be read: not sealed with this key, or not in the format. */
  | 'unreadable'
  /** The index says of a pack what the pack does not: place, length, type or id of a blob. */
  | 'index disagrees'
  /** A blob of a pack cannot be opened, or does not hash to its id. */
  | 'broken blob'
  /** A tree or a snapshot refers to blobs that no index knows. */
  | 'blob not indexed'
  /** A file that nothing refers to: left over by a crash. No damage. */
  | 'left over'
  /** The same pack stands in several indexes. No damage. */
  | 'indexed twice'
  /** Could not be looked at now (cold storage, or the target did not answer). No damage as far as is known. */
  | 'not looked at';

/** 'damage' costs data now or at the next fault; 'notice' does not. */
export type Severity = 'damage' | 'notice';

export type RepairMeans =
  /** Recomputed from parity files. */
  | 'parity'
  /** Taken from another target. */
  | 'copy'
  /** Written anew from the headers of the packs. */
  | 'index rebuilt'
  /** The configuration, from what was read when the repository was opened. */
  | 'written anew'
  /** What was still readable of a pack was put into a new one. */
  | 'salvaged'
  /** Removed, because all it held is elsewhere or was of no use. */
  | 'removed';

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** For 'config' the name is empty. */
  readonly file: { readonly kind: FileKind; readonly name: string };
  /** Blobs concerned, as far as the index knows them. */
  readonly blobs: number;
  /** A sentence for people, without secrets. */
  readonly detail: string;
  /** Absent: not repaired (yet). */
  readonly repaired?: RepairMeans;
}

const severities: Readonly<Record<FindingKind, Severity>> = {
  missing: 'damage',
  'wrong size': 'damage',
  'wrong content': 'damage',
  unreadable: 'damage',
  'index disagrees': 'damage',
  'broken blob': 'damage',
  'blob not indexed': 'damage',
  'left over': 'notice',
  'indexed twice': 'notice',
  'not looked at': 'notice',
};

export function finding(
  kind: FindingKind,
  file: { readonly kind: FileKind; readonly name: string },
  detail: string,
  blobs = 0,
): Finding {
  return { kind, severity: severities[kind], file: { kind: file.kind, name: file.name }, blobs, detail };
}

const words: Readonly<Record<FileKind, string>> = {
  config: 'the configuration',
  key: 'key',
  pack: 'pack',
  index: 'index',
  snapshot: 'snapshot',
  lock: 'lock',
  parity: 'parity file',
  state: 'state',
};

/** As people name a file: `pack 1a2b3c4d5e6f`. */
export function fileInWords(file: { readonly kind: FileKind; readonly name: string }): string {
  return file.name === '' ? words[file.kind] : `${words[file.kind]} ${file.name.slice(0, 12)}`;
}
