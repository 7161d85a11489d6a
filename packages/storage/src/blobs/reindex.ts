/** Makes the index anew from the packs alone and tells what the old one knew that is gone. */
import { setImmediate as turn } from 'node:timers/promises';
import type { BlobId } from './blob-store.ts';
import type { Disk } from './disk.ts';
import { exchangeIndex, removeIndex } from './index-file.ts';
import { damagesKeptMax, type Damage, type ReindexOptions, type ReindexReport } from './maintenance.ts';
import type { OpenPacks } from './open-packs.ts';
import type { BlobRow } from './index-rows.ts';
import { PackIndex } from './pack-index.ts';
import { recover } from './recovery.ts';
import type { RemoteTier } from './remote-tier.ts';

export interface ReindexParts {
  readonly disk: Disk;
  readonly folder: string;
  readonly packs: OpenPacks;
  readonly indexBox: { index: PackIndex };
  readonly remote: RemoteTier | undefined;
}

const rowsPerPage = 500;

export async function reindexPacks(parts: ReindexParts, options: ReindexOptions): Promise<ReindexReport> {
  const old = parts.indexBox.index;
  const path = `${old.path}.new`;
  removeIndex(path);
  const made = new PackIndex(path);
  try {
    const damages = await fill(parts, options, made);
    const comparison = await compare(old, made, options);
    let blobs = 0;
    let packs = 0;
    for (const pack of made.packs()) {
      blobs += pack.liveBlobs;
      packs += 1;
    }
    made.setFact('complete', 1);
    made.setFact('clean', 0);
    // What puts found here under the old index is not known to the new one.
    made.setFact('graceFloor', Date.now() * 1000);
    parts.indexBox.index = exchangeIndex(old, made);
    return {
      packs,
      blobs,
      ...comparison,
      damages: damages.slice(0, damagesKeptMax),
      damageCount: damages.length,
    };
  } catch (error) {
    if (parts.indexBox.index === old) {
      made.abandon();
      removeIndex(path);
    }
    throw error;
  }
}

async function fill(parts: ReindexParts, options: ReindexOptions, made: PackIndex): Promise<Damage[]> {
  const { disk, folder, packs, indexBox, remote } = parts;
  const bytesTotal = [...indexBox.index.packs()].reduce((sum, { bytes }) => sum + bytes, 0);
  let bytesDone = 0;
  const { damages } = await recover({
    disk,
    folder,
    packs,
    index: made,
    deep: options.deep ?? false,
    cutTails: false,
    onPack: (_name, bytes) => {
      options.signal?.throwIfAborted();
      bytesDone += bytes;
      options.onProgress?.({ bytesDone, bytesTotal, blobsDone: 0 });
    },
  });
  for (const pack of made.packs()) {
    pack.remote = indexBox.index.packNamed(pack.name)?.remote ?? false;
    made.packChanged(pack);
  }
  await remote?.takeAll(made, damages);
  made.flush();
  return damages;
}

interface Comparison {
  readonly recovered: number;
  readonly lost: readonly { readonly id: BlobId; readonly pack: string }[];
  readonly lostCount: number;
}

/** Walks both indexes in the order of ids. */
async function compare(old: PackIndex, made: PackIndex, options: ReindexOptions): Promise<Comparison> {
  const lost: { id: BlobId; pack: string }[] = [];
  let lostCount = 0;
  let recovered = 0;
  const olds = rows(old);
  const mades = rows(made);
  let before = await olds.next();
  let after = await mades.next();
  while (before.done !== true || after.done !== true) {
    const oldId = before.done === true ? undefined : before.value.id;
    const madeId = after.done === true ? undefined : after.value.id;
    if (before.done !== true && (madeId === undefined || before.value.id < madeId)) {
      const { id, place } = before.value;
      const pack = old.pack(place.pack)?.name ?? '';
      lostCount += 1;
      if (lost.length < damagesKeptMax) lost.push({ id, pack });
      options.onLost?.(id, pack);
    } else if (after.done !== true && !isKnownThere(old, before, made, after.value)) recovered += 1;
    const order = compareIds(oldId, madeId);
    if (order <= 0) before = await olds.next();
    if (order >= 0) after = await mades.next();
  }
  return { recovered, lost, lostCount };
}

/** Negative when the old index is behind, positive when the new one is; an end is after everything. */
function compareIds(oldId: BlobId | undefined, madeId: BlobId | undefined): number {
  if (oldId === madeId) return 0;
  if (oldId === undefined) return 1;
  if (madeId === undefined) return -1;
  return oldId < madeId ? -1 : 1;
}

function isKnownThere(
  old: PackIndex,
  before: IteratorResult<BlobRow, undefined>,
  made: PackIndex,
  row: BlobRow,
): boolean {
  if (before.done === true || before.value.id !== row.id || !old.isUsable(before.value.place)) return false;
  const { place } = before.value;
  return old.pack(place.pack)?.name === made.pack(row.place.pack)?.name && place.offset === row.place.offset;
}

async function* rows(index: PackIndex): AsyncGenerator<BlobRow, undefined> {
  let last: BlobId | undefined;
  for (;;) {
    const page = index.blobsAfter(last, rowsPerPage);
    yield* page;
    last = page.at(-1)?.id;
    if (last === undefined) return undefined;
    await turn();
  }
}
