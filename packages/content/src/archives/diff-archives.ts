/**
 * Compares two archives by what they mean: assets by id, type and bytes, objects by root id and normal form, terrain by
 * samples, parcels, settings, and the tree of an inventory by paths and fields. Order, compression, layout of documents,
 * time of saving, and ids that a load makes anew do not matter, nor do empty system folders, which every resident has.
 */
import { digestArchive } from './archive-digest.ts';
import type { ArchiveDigest } from './archive-digest.ts';
import { RegionNames, thingOf } from './archive-meaning.ts';
import type { Meaning, ThingKind } from './archive-meaning.ts';
import { readArchive } from './archive-reader.ts';
import type { ReadOptions } from './archive-reader.ts';
import { detailsOf } from './meaning-details.ts';

export interface ArchiveDifference {
  readonly what: ThingKind;
  /** An asset's id, an object's or parcel's region and id, a path in an inventory. */
  readonly key: string;
  readonly change: 'only in a' | 'only in b' | 'differs';
  /** What differs, for people: at most a few lines, none where one side has nothing. */
  readonly details: readonly string[];
}

export interface DifferenceCount {
  readonly same: number;
  readonly differs: number;
  readonly onlyInA: number;
  readonly onlyInB: number;
}

export interface ArchiveDiff {
  readonly equal: boolean;
  /** Exact. Things of one key count once. */
  readonly counts: Readonly<Record<ThingKind, DifferenceCount>>;
  /** The first of each kind. */
  readonly differences: readonly ArchiveDifference[];
  /** Entries that could not be used and were not compared. */
  readonly refused: { readonly a: number; readonly b: number };
}

export interface DiffOptions extends Pick<ReadOptions, 'limits' | 'signal'> {
  /** Differences listed of each kind. Default 100. */
  readonly listedPerKind?: number;
}

const kinds: readonly ThingKind[] = [
  'region',
  'settings',
  'parcel',
  'terrain',
  'object',
  'folder',
  'item',
  'asset',
];

/** Both are files, since what differs is read a second time for its details. Throws ArchiveRefusedError. */
export async function diffArchives(a: string, b: string, options: DiffOptions = {}): Promise<ArchiveDiff> {
  const digestA = await digestArchive(a, options);
  const digestB = await digestArchive(b, options);
  const found = new Differences(options.listedPerKind ?? 100);
  const counts = {
    region: found.compare('region', digestA, digestB),
    settings: found.compare('settings', digestA, digestB),
    parcel: found.compare('parcel', digestA, digestB),
    terrain: found.compare('terrain', digestA, digestB),
    object: found.compare('object', digestA, digestB),
    folder: found.compare('folder', digestA, digestB),
    item: found.compare('item', digestA, digestB),
    asset: found.compare('asset', digestA, digestB),
  };
  const details = await readDetails(a, b, found.differing, options);
  const isEqual = (count: DifferenceCount): boolean => count.differs + count.onlyInA + count.onlyInB === 0;
  return {
    equal: kinds.every((kind) => isEqual(counts[kind])),
    counts,
    differences: found.list.map((difference) => ({
      ...difference,
      details: details.get(`${difference.what} ${difference.key}`) ?? [],
    })),
    refused: { a: digestA.refused, b: digestB.refused },
  };
}

class Differences {
  readonly list: Omit<ArchiveDifference, 'details'>[] = [];
  /** `kind key` of those listed that are in both. */
  readonly differing = new Set<string>();
  readonly #listedPerKind: number;

  constructor(listedPerKind: number) {
    this.#listedPerKind = listedPerKind;
  }

  compare(what: ThingKind, a: ArchiveDigest, b: ArchiveDigest): DifferenceCount {
    const inA = a.things.get(what) ?? nothing;
    const inB = b.things.get(what) ?? nothing;
    const count = { same: 0, differs: 0, onlyInA: 0, onlyInB: 0 };
    let listed = 0;
    const add = (key: string, change: ArchiveDifference['change']): void => {
      if (++listed > this.#listedPerKind) return;
      this.list.push({ what, key, change });
      if (change === 'differs') this.differing.add(`${what} ${key}`);
    };
    for (const [key, digest] of inA) {
      const other = inB.get(key);
      if (other === digest) count.same += 1;
      else if (other === undefined) {
        count.onlyInA += 1;
        add(key, 'only in a');
      } else {
        count.differs += 1;
        add(key, 'differs');
      }
    }
    for (const key of inB.keys()) {
      if (inA.has(key)) continue;
      count.onlyInB += 1;
      add(key, 'only in b');
    }
    return count;
  }
}

const nothing: ReadonlyMap<string, string> = new Map();

/** Meanings held for details together; beyond that, a difference goes without. */
const heldBytesMax = 64 * 1024 * 1024;

async function readDetails(
  a: string,
  b: string,
  wanted: ReadonlySet<string>,
  options: DiffOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const details = new Map<string, readonly string[]>();
  if (wanted.size === 0) return details;
  const held = new Map<string, Meaning>();
  const budget = { bytes: heldBytesMax };
  await eachMeaning(a, wanted, options, (key, meaning, size) => {
    budget.bytes -= size;
    if (budget.bytes >= 0 && !held.has(key))
      held.set(key, 'bytes' in meaning ? { ...meaning, bytes: meaning.bytes.slice() } : meaning);
  });
  await eachMeaning(b, wanted, options, (key, meaning) => {
    const other = held.get(key);
    if (other !== undefined && !details.has(key)) details.set(key, detailsOf(other, meaning));
  });
  return details;
}

async function eachMeaning(
  source: string,
  wanted: ReadonlySet<string>,
  options: DiffOptions,
  take: (key: string, meaning: Meaning, size: number) => void,
): Promise<void> {
  const names = new RegionNames();
  if ([...wanted].some((key) => !/^(?:asset|item|folder) /.test(key)))
    await learnRegions(source, names, options);
  for await (const entry of readArchive(source, options)) {
    const thing = thingOf(entry);
    if (thing === undefined) continue;
    const key = `${thing.kind} ${names.keyOf(thing.regionDir, thing.key)}`;
    if (wanted.has(key)) take(key, thing.meaning, entry.size);
  }
}

/** The control file may come after the files of its regions. */
async function learnRegions(source: string, names: RegionNames, options: DiffOptions): Promise<void> {
  for await (const entry of readArchive(source, options))
    if (entry.kind === 'control') {
      names.learn(entry.control);
      return;
    }
}
