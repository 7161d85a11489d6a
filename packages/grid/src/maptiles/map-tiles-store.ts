/** The tables of map tiles, and of those that must be composed anew. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { ColumnTypes, Migration, Queries } from '@gridkeep/storage/database/database';
import { readBlobId, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import { rowsPerStatement } from '../chunks.ts';
import type { MapTile, TilePlace } from './map-tile.ts';

interface TileTables {
  map_tile: { zoom: number; x: number; y: number; blob: Uint8Array; size: number; updated_at: number };
  map_tile_stale: { zoom: number; x: number; y: number; marked_at: number };
}

export const mapTileMigrations: readonly Migration[] = [
  {
    name: 'maptiles-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE map_tile (
        zoom ${types.integer} NOT NULL,
        x ${types.integer} NOT NULL,
        y ${types.integer} NOT NULL,
        blob ${types.bytes} NOT NULL,
        size ${types.integer} NOT NULL,
        updated_at ${types.integer} NOT NULL,
        PRIMARY KEY (zoom, x, y)
      )${types.strict}`,
      `CREATE TABLE map_tile_stale (
        zoom ${types.integer} NOT NULL,
        x ${types.integer} NOT NULL,
        y ${types.integer} NOT NULL,
        marked_at ${types.integer} NOT NULL,
        PRIMARY KEY (zoom, x, y)
      )${types.strict}`,
      `CREATE INDEX map_tile_stale_time ON map_tile_stale (marked_at)`,
    ],
  },
];

export async function findTile(queries: Queries, { zoom, x, y }: TilePlace): Promise<MapTile | undefined> {
  const row = await queries
    .tables<TileTables>()
    .selectFrom('map_tile')
    .select(['blob', 'updated_at'])
    .where('zoom', '=', zoom)
    .where('x', '=', x)
    .where('y', '=', y)
    .executeTakeFirst();
  return row === undefined ? undefined : { blobId: readBlobId(row.blob), updatedAt: row.updated_at };
}

export async function writeTile(
  queries: Queries,
  { zoom, x, y }: TilePlace,
  content: { readonly id: BlobId; readonly size: number },
  now: number,
): Promise<void> {
  const columns = { blob: storedBlobId(content.id), size: content.size, updated_at: now };
  await queries
    .tables<TileTables>()
    .insertInto('map_tile')
    .values({ zoom, x, y, ...columns })
    .onConflict((conflict) => conflict.columns(['zoom', 'x', 'y']).doUpdateSet(columns))
    .execute();
}

export async function deleteTile(queries: Queries, { zoom, x, y }: TilePlace): Promise<void> {
  await queries
    .tables<TileTables>()
    .deleteFrom('map_tile')
    .where('zoom', '=', zoom)
    .where('x', '=', x)
    .where('y', '=', y)
    .execute();
}

export interface StaleTile extends TilePlace {
  readonly markedAt: number;
}

export async function markStale(queries: Queries, { zoom, x, y }: TilePlace, now: number): Promise<void> {
  await queries
    .tables<TileTables>()
    .insertInto('map_tile_stale')
    .values({ zoom, x, y, marked_at: now })
    .onConflict((conflict) => conflict.columns(['zoom', 'x', 'y']).doUpdateSet({ marked_at: now }))
    .execute();
}

/** Stays when it was marked again meanwhile. */
export async function clearStale(queries: Queries, { zoom, x, y, markedAt }: StaleTile): Promise<void> {
  await queries
    .tables<TileTables>()
    .deleteFrom('map_tile_stale')
    .where('zoom', '=', zoom)
    .where('x', '=', x)
    .where('y', '=', y)
    .where('marked_at', '=', markedAt)
    .execute();
}

/** The lowest zoom first, since the others are made of it. */
export async function staleTiles(
  queries: Queries,
  markedBefore: number,
  limit: number,
): Promise<readonly StaleTile[]> {
  const rows = await queries
    .tables<TileTables>()
    .selectFrom('map_tile_stale')
    .selectAll()
    .where('marked_at', '<=', markedBefore)
    .orderBy('zoom')
    .orderBy('marked_at')
    .limit(limit)
    .execute();
  return rows.map(({ zoom, x, y, marked_at }) => ({ zoom, x, y, markedAt: marked_at }));
}

/** In the order of zooms and places, read in pages. */
export async function* blobsOfTiles(queries: Queries): AsyncGenerator<BlobId> {
  let after: TilePlace | undefined;
  for (;;) {
    let query = queries
      .tables<TileTables>()
      .selectFrom('map_tile')
      .select(['zoom', 'x', 'y', 'blob'])
      .orderBy('zoom')
      .orderBy('x')
      .orderBy('y')
      .limit(rowsPerStatement);
    if (after !== undefined) {
      const { zoom, x, y } = after;
      query = query.where((where) =>
        where.or([
          where('zoom', '>', zoom),
          where.and([where('zoom', '=', zoom), where('x', '>', x)]),
          where.and([where('zoom', '=', zoom), where('x', '=', x), where('y', '>', y)]),
        ]),
      );
    }
    const rows = await query.execute();
    for (const row of rows) yield readBlobId(row.blob);
    after = rows.at(-1);
    if (after === undefined || rows.length < rowsPerStatement) return;
  }
}
