/** One digest for each thing in an archive; memory is some hundred bytes per thing, whatever its size. */
import { hash } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import { isSystemFolderPath } from '../assets/system-folders.ts';
import type { ArchiveEntry, PathStep } from './archive-entry.ts';
import { digestOf, pathText, RegionNames, thingOf } from './archive-meaning.ts';
import type { ThingKind } from './archive-meaning.ts';
import { detachedText, detachedUuid } from './detached.ts';
import { readArchive } from './archive-reader.ts';
import type { ReadOptions } from './archive-reader.ts';
import type { ArchiveSource } from './archive-source.ts';

export interface ArchiveDigest {
  readonly kind: 'oar' | 'iar';
  /** By kind and key; several things of one key (folders and items of one name) have their digests side by side, sorted. */
  readonly things: ReadonlyMap<ThingKind, ReadonlyMap<string, string>>;
  /** Entries that could not be used. */
  readonly refused: number;
}

interface PendingLink {
  readonly key: string;
  readonly digest: string;
  readonly target: Uuid;
}

const digestLength = 32;

/** Throws ArchiveRefusedError for an archive that may not be used. */
export async function digestArchive(
  source: ArchiveSource,
  options: ReadOptions = {},
): Promise<ArchiveDigest> {
  const digest = new Digest();
  for await (const entry of readArchive(source, options)) digest.add(entry);
  return digest.finish();
}

class Digest {
  readonly #things = new Map<ThingKind, Map<string, string>>();
  /** Region files by directory until the control file is known, which may be the last entry. */
  readonly #regionThings: { kind: ThingKind; regionDir: string; key: string; digest: string }[] = [];
  readonly #links: PendingLink[] = [];
  readonly #paths = new Map<Uuid, string>();
  readonly #folders = new Set<string>();
  /** Folders with an item somewhere below them. */
  readonly #filled = new Set<string>();
  readonly #names = new RegionNames();
  #refused = 0;
  #isInventory = false;

  add(entry: ArchiveEntry): void {
    if (entry.kind === 'refused') this.#refused += 1;
    if (entry.kind === 'control') {
      this.#names.learn(entry.control);
      for (const { directory, size } of entry.control.regions)
        this.#regionThings.push({
          kind: 'region',
          regionDir: directory,
          key: '',
          digest: `${size.x}x${size.y}`,
        });
    }
    if (entry.kind === 'folder' || entry.kind === 'item') this.#learnFolders(entry.path);
    if (entry.kind === 'item') this.#learnFilled(entry.path);
    const thing = entry.kind === 'folder' ? undefined : thingOf(entry);
    if (thing === undefined) return;
    const { kind, key, meaning, regionDir, linkTarget } = thing;
    const digest = digestOf(meaning);
    if (entry.kind === 'item') this.#paths.set(detachedUuid(entry.item.id), key);
    if (linkTarget !== undefined) this.#links.push({ key, digest, target: detachedUuid(linkTarget) });
    else if (regionDir !== undefined)
      this.#regionThings.push({ kind, regionDir, key: detachedText(key), digest });
    else if (kind === 'asset') this.#addOnce(kind, key, digest);
    else this.#put(kind, key, digest);
  }

  /** Folders count by path, announced or not. */
  #learnFolders(path: readonly PathStep[]): void {
    this.#isInventory = true;
    for (const [index, step] of path.entries()) {
      const key = pathText(path.slice(0, index + 1));
      if (step.id !== undefined) this.#paths.set(step.id, `${key}/`);
      const identity = `${key} ${step.id ?? ''}`;
      if (this.#folders.has(identity)) continue;
      this.#folders.add(identity);
      this.#put('folder', key, '');
    }
  }

  #learnFilled(path: readonly PathStep[]): void {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const key = pathText(path.slice(0, depth));
      if (this.#filled.has(key)) return;
      this.#filled.add(key);
    }
  }

  /** Every resident has the system folders: one without an item says nothing, whether it is there or not. */
  #forgetEmptySystemFolders(): void {
    const folders = this.#things.get('folder');
    for (const key of folders?.keys() ?? [])
      if (isSystemFolderPath(key) && !this.#filled.has(key)) folders?.delete(key);
  }

  /** The first asset of an id counts. */
  #addOnce(kind: ThingKind, key: string, digest: string): void {
    if (this.#things.get(kind)?.has(key) !== true) this.#put(kind, key, digest);
  }

  #put(kind: ThingKind, key: string, digest: string): void {
    let things = this.#things.get(kind);
    if (things === undefined) {
      things = new Map();
      this.#things.set(kind, things);
    }
    const padded = digest.padEnd(digestLength).slice(0, digestLength);
    const known = things.get(key);
    things.set(key, known === undefined ? padded : known + padded);
  }

  finish(): ArchiveDigest {
    this.#forgetEmptySystemFolders();
    for (const { kind, regionDir, key, digest } of this.#regionThings) {
      if (kind === 'region' && this.#isInventory) continue;
      this.#put(kind, this.#names.keyOf(regionDir, key), digest);
    }
    for (const { key, digest, target } of this.#links) {
      const leadsTo = this.#paths.get(target) ?? 'nowhere';
      this.#put('item', key, hash('sha256', `${digest} ${leadsTo}`, 'buffer').toString('latin1'));
    }
    for (const things of this.#things.values())
      for (const [key, digests] of things)
        if (digests.length > digestLength) things.set(key, sorted(digests));
    return { kind: this.#isInventory ? 'iar' : 'oar', things: this.#things, refused: this.#refused };
  }
}

function sorted(digests: string): string {
  const each: string[] = [];
  for (let at = 0; at < digests.length; at += digestLength) each.push(digests.slice(at, at + digestLength));
  return each.sort().join('');
}
