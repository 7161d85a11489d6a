/** A grid that holds nothing but assets, and the same contents as FSAssets keeps them: files named by their hash, in folders. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { openPackStore, type PackStore } from '@gridkeep/storage/blobs/pack-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { uuidToBytes } from '@gridkeep/wire/uuid';
import { gridkeep } from '../gridkeep-process.ts';
import type { WorldAsset } from '../world/assets.ts';
import { NoisePool, seededUuid } from '../world/random.ts';

const atOnce = 256;
const dayMs = 86_400_000;
/** Contents of these kinds are compressed already. */
const dense: ReadonlySet<number> = new Set([0, 1, 20, 49]);

export interface AssetGrid {
  readonly data: string;
  /** Of the files. */
  readonly tree: string;
}

export interface Filled {
  readonly assets: number;
  /** Bytes of different contents. */
  readonly bytes: number;
}

export async function makeAssetGrid(scratch: string, name: string): Promise<AssetGrid> {
  const data = join(scratch, `data-${name}`);
  const tree = join(scratch, `tree-${name}`);
  await gridkeep(['grid', 'create', 'bench', '--data', data]);
  mkdirSync(tree);
  return { data, tree };
}

/** Adds assets as long as they come, created on `days` different days up to now. */
export async function addAssets(
  { data, tree }: AssetGrid,
  assets: Iterable<WorldAsset>,
  days: number,
): Promise<Filled> {
  const store = await openPackStore({ folder: join(data, 'blobs') });
  const database = new DatabaseSync(join(data, 'grids', 'bench', 'grid.db'));
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const insert = database.prepare(
    `INSERT INTO asset (id, blob, size, type, name, description, creator, flags, temporary, local, created_at)
     VALUES (?, ?, ?, ?, ?, '', '', 0, 0, 0, ?)`,
  );
  const filled = { assets: 0, bytes: 0 };
  let batch: WorldAsset[] = [];
  const flush = async (): Promise<void> => {
    const sizes = await Promise.all(batch.map((asset) => addOne(asset, { store, insert, tree, days })));
    filled.assets += batch.length;
    filled.bytes += sizes.reduce((sum, size) => sum + size, 0);
    batch = [];
  };
  for (const asset of assets) {
    batch.push(asset);
    if (batch.length >= atOnce) await flush();
  }
  await flush();
  database.exec('COMMIT');
  database.close();
  await store.close();
  return filled;
}

interface Places {
  readonly store: PackStore;
  readonly insert: StatementSync;
  readonly tree: string;
  readonly days: number;
}

/** Bytes of it that nobody had before. */
async function addOne(asset: WorldAsset, { store, insert, tree, days }: Places): Promise<number> {
  const hash = createHash('sha256').update(asset.bytes).digest();
  const name = hash.toString('hex');
  const put = await store.put(asset.bytes, {
    id: parseBlobId(name),
    compress: dense.has(asset.type) ? 'never' : 'auto',
  });
  const id = uuidToBytes(asset.id);
  const age = days <= 1 ? 0 : (hash.readUInt16LE(0) % days) * dayMs;
  insert.run(id, hash, asset.bytes.length, asset.type, `Asset ${name.slice(0, 8)}`, Date.now() - age);
  if (!put.isNew) return 0;
  const folder = join(tree, name.slice(0, 2), name.slice(2, 4));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), asset.bytes);
  return asset.bytes.length;
}

/** Different contents of 400 to 1,600 bytes that nothing compresses. */
export function* smallAssets(seed: number, from: number, to: number): Generator<WorldAsset> {
  const noise = new NoisePool(seed);
  for (let index = from; index < to; index += 1) {
    const bytes = Buffer.allocUnsafe(400 + (index % 1200));
    noise.fill(bytes, index + 1);
    yield { id: seededUuid(seed, 'small', index), type: 0, bytes };
  }
}
