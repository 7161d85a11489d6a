/** Which residents, regions and assets a drill restores: by chance, but the same for the same seed and snapshot. */
import { hash } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import { assetDays } from '../backup-layout/asset-reader.ts';
import { collectionParts, idFolders } from '../backup-layout/collection-reader.ts';
import type { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import { idOfName } from '../backup-layout/snapshot-files.ts';
import type { SnapshotFolder } from '../backup-layout/snapshot-files.ts';

export interface DrillSample {
  readonly residents: readonly Uuid[];
  readonly regions: readonly Uuid[];
  readonly assets: readonly Uuid[];
}

export interface SampleSizes {
  readonly seed: string;
  readonly residents: number;
  readonly regions: number;
  readonly assets: number;
}

export async function chooseSample(
  snapshot: GridSnapshot,
  sizes: SampleSizes,
  signal: AbortSignal,
): Promise<DrillSample> {
  const { seed } = sizes;
  const accounts = await accountIds(snapshot);
  const residents = new Lottery<Uuid>(seed, sizes.residents);
  for await (const id of folderIds(snapshot, snapshot.branch('inventories')))
    // What belongs to nobody (a library, somebody deleted) comes with the whole grid only.
    if (accounts.has(id)) residents.enter(id, id);
  const regions = new Lottery<Uuid>(seed, sizes.regions);
  for await (const id of folderIds(snapshot, snapshot.branch('regions'))) regions.enter(id, id);
  return {
    residents: residents.drawn,
    regions: regions.drawn,
    assets: await chooseAssets(snapshot, sizes, signal),
  };
}

async function accountIds(snapshot: GridSnapshot): Promise<ReadonlySet<Uuid>> {
  const ids = new Set<Uuid>();
  const table = (await snapshot.tables()).find((one) => one.name === 'account');
  if (table !== undefined) for await (const row of snapshot.rows(table)) ids.add(row.uuid('id'));
  return ids;
}

async function* folderIds(snapshot: GridSnapshot, folder: SnapshotFolder | undefined): AsyncGenerator<Uuid> {
  if (folder !== undefined) for await (const { id } of idFolders(snapshot.source, folder)) yield id;
}

/** First days, then assets in them: the night does not read the trees of every asset there is. */
async function chooseAssets(
  snapshot: GridSnapshot,
  { seed, assets: count }: SampleSizes,
  signal: AbortSignal,
): Promise<readonly Uuid[]> {
  const folder = snapshot.branch('assets');
  if (folder === undefined || count <= 0) return [];
  const days = new Lottery<SnapshotFolder>(seed, count);
  for await (const day of assetDays(snapshot.source, folder)) days.enter(day.place, day);
  const chosen: Uuid[] = [];
  for (const [at, day] of days.drawn.entries()) {
    signal.throwIfAborted();
    const share = Math.ceil((count - chosen.length) / (days.drawn.length - at));
    const assets = new Lottery<Uuid>(seed, share);
    for await (const { nodes } of collectionParts(snapshot.source, day))
      for (const node of nodes) {
        const id = node.type === 'file' ? idOfName(node.name) : undefined;
        if (id !== undefined) assets.enter(id, id);
      }
    chosen.push(...assets.drawn);
  }
  return chosen;
}

/** Keeps those whose ticket, a hash with the seed, is lowest. */
class Lottery<T> {
  readonly #seed: string;
  readonly #places: number;
  #entered: { readonly ticket: string; readonly value: T }[] = [];

  constructor(seed: string, places: number) {
    this.#seed = seed;
    this.#places = Math.max(0, places);
  }

  enter(key: string, value: T): void {
    this.#entered.push({ ticket: hash('sha256', `${this.#seed} ${key}`), value });
    if (this.#entered.length > 2 * this.#places + 100) this.#draw();
  }

  get drawn(): readonly T[] {
    this.#draw();
    return this.#entered.map(({ value }) => value);
  }

  #draw(): void {
    this.#entered.sort((a, b) => (a.ticket < b.ticket ? -1 : 1));
    this.#entered = this.#entered.slice(0, this.#places);
  }
}
