/** Restores everything that a grid has, into the same grid or an empty one. */
import { recountContent } from '@gridkeep/grid/grid-services';
import type { RecordTable } from '@gridkeep/grid/record-changes/record-tables';
import { recordTable, recordTables, tablesLeftOut } from '@gridkeep/grid/record-changes/record-tables';
import type { Queries } from '@gridkeep/storage/database/database';
import { everythingChanged } from '@gridkeep/storage/database/change-listeners';
import { conflictId, mapTileId } from '../backup-layout/grid-document.ts';
import { branches } from '../backup-layout/layout.ts';
import type { Branch } from '../backup-layout/layout.ts';
import type { RecordFields } from '../backup-layout/record-fields.ts';
import type { SnapshotRegion } from '../backup-layout/region-reader.ts';
import { SnapshotContentError } from '../backup-layout/snapshot-source.ts';
import type { LineCodec, RecordSpool } from '../ingress/record-spool.ts';
import { compressionOf } from './asset-needs.ts';
import { ChangeTally } from './change-tally.ts';
import type { RestoredKind, RestoreReport } from './restore-report.ts';
import { RestoreRefusedError } from './restore-request.ts';
import type { RestoreWork } from './restore-work.ts';
import type { PlainRow, WantedRows } from './table-rows.ts';
import { compareRows, hasRows, plainRow, putRows } from './table-rows.ts';

type Spools = ReadonlyMap<string, RecordSpool<PlainRow>>;

/** A branch that is not there would empty these. */
const emptiedTables: ReadonlyMap<Branch, string> = new Map([
  ['inventories', 'inventory_folder'],
  ['regions', 'region'],
  ['map-tiles', 'map_tile'],
]);

/** Folders of viewers' caches: their versions must not go back. */
const folderTable = recordTable('inventory_folder');

const kinds: ReadonlyMap<string, RestoredKind> = new Map([
  ['asset', 'asset'],
  ['inventory_folder', 'folder'],
  ['inventory_item', 'item'],
  ['region', 'region'],
  ['region_object', 'object'],
  ['region_parcel', 'parcel'],
  ['region_settings', 'settings'],
  ['region_terrain', 'terrain'],
  ['map_tile', 'map-tile'],
]);

export async function restoreGrid(work: RestoreWork): Promise<RestoreReport> {
  if (work.request.placement === 'beside')
    throw new RestoreRefusedError('a whole grid beside is a new grid: restore it into one');
  await requireWhole(work);
  const spools = await readEverything(work);
  await work.content.drain();
  return work.commit(async (queries) => {
    const tally = new ChangeTally();
    await putTables(work, queries, spools, tally);
    if (!work.request.dryRun) {
      await recountContent(work.grid, queries);
      queries.announce(everythingChanged);
    }
    return work.report(tally, []);
  });
}

/** What a whole restore would empty must be empty in the snapshot: one that somebody made of parts does not say so. */
async function requireWhole({ snapshot, grid }: RestoreWork): Promise<void> {
  for (const branch of branches) {
    const state = snapshot.stateOf(branch);
    if (state === 'lost')
      throw new SnapshotContentError(
        branch,
        'is not in the snapshot, though it was in the backup: restore its parts',
      );
    const table = emptiedTables.get(branch);
    if (state !== 'unknown' || table === undefined) continue;
    if (await hasRows(grid.database, recordTable(table)))
      throw new RestoreRefusedError(
        `the snapshot has no ${branch}, and does not say whether there were any, but the grid has some: ` +
          'they would vanish. Restore parts of the snapshot, or all of it into a new grid',
      );
  }
}

async function putTables(
  work: RestoreWork,
  queries: Queries,
  spools: Spools,
  tally: ChangeTally,
): Promise<void> {
  for (const shape of recordTables) {
    const spool = spools.get(shape.name);
    // A table that came after the snapshot was made; what it holds has no other state to go back to.
    if (spool === undefined) continue;
    const wanted: WantedRows = {
      ...{ shape, read: () => spool.read(), kind: kinds.get(shape.name) ?? 'row' },
      keepOthers: shape.name === 'asset' && work.request.removeLaterAssets !== true,
      ...(shape === folderTable ? { growing: 'version' } : {}),
    };
    if (work.request.dryRun) await compareRows(queries, wanted, tally);
    else await putRows(queries, wanted, tally);
  }
}

/** Every row of the snapshot, checked, in a spool of its table; content goes into the blob store on the way. */
async function readEverything(work: RestoreWork): Promise<Spools> {
  const { snapshot } = work;
  const reading = new GridReading(work, await tableSpools(work));
  await reading.plainTables();
  await reading.assets();
  for await (const resident of snapshot.residents())
    for await (const entry of snapshot.inventory(resident))
      if (entry.kind === 'folder') await reading.row('inventory_folder', entry.row);
      else await reading.row('inventory_item', entry.row);
  for await (const region of snapshot.regions()) await reading.region(region);
  await reading.mapTiles();
  await reading.conflicts();
  return reading.spools;
}

async function tableSpools(work: RestoreWork): Promise<Map<string, RecordSpool<PlainRow>>> {
  const spools = new Map<string, RecordSpool<PlainRow>>();
  const plain = new Set((await work.snapshot.tables()).map((table) => table.name));
  for (const shape of recordTables)
    if (shape.place !== 'records' || plain.has(shape.name))
      spools.set(shape.name, await work.spool(`table-${shape.name}`, rowCodec(shape)));
  return spools;
}

class GridReading {
  readonly spools: Spools;
  readonly #work: RestoreWork;
  #rows = 0;

  constructor(work: RestoreWork, spools: Spools) {
    this.#work = work;
    this.spools = spools;
  }

  async row(table: string, fields: RecordFields): Promise<void> {
    await this.#add(recordTable(table), plainRow(recordTable(table), fields));
  }

  async plainTables(): Promise<void> {
    const { snapshot } = this.#work;
    for (const table of await snapshot.tables()) {
      if (tablesLeftOut.has(table.name)) continue;
      const shape = recordTables.find((one) => one.name === table.name && one.place === 'records');
      if (shape === undefined)
        throw new SnapshotContentError(table.place, 'is no table that this program knows: use a newer one');
      for await (const fields of snapshot.rows(table)) await this.#add(shape, plainRow(shape, fields));
    }
  }

  async assets(): Promise<void> {
    const { content, lost, snapshot, context } = this.#work;
    for await (const { record, row, file, place } of snapshot.assets(context.signal)) {
      await this.row('asset', row);
      const { blobId, size } = record;
      const compress = compressionOf(record.type);
      await content.want({
        blobId,
        size,
        file,
        place,
        compress,
        onLost: () => lost.missContent(record.id, place, file),
      });
    }
  }

  async region(found: SnapshotRegion): Promise<void> {
    const { content, lost } = this.#work;
    await this.row('region', found.row);
    if (found.settingsRow !== undefined)
      await this.#add(recordTable('region_settings'), {
        ...plainRow(recordTable('region_settings'), found.settingsRow),
        document: found.settings ?? '',
      });
    if (found.terrainRow !== undefined) {
      const { terrainRow: row, terrain: file } = found;
      await this.row('region_terrain', row);
      const place = `${found.folder.place}/terrain.r32`;
      const [blobId, size] = [row.blob('blob'), row.integer('size', 0)];
      const onLost = (): void => lost.missContent(found.region.id, place, file);
      await content.want({ blobId, size, file, place, compress: 'auto', onLost });
    }
    for await (const { object, row, file, place } of found.objects()) {
      await this.row('region_object', row);
      const onLost = (): void => lost.missContent(object.id, place, file);
      await content.want({ blobId: object.blobId, size: object.size, file, place, compress: 'auto', onLost });
    }
    for await (const { row, parcel } of found.parcelRows())
      await this.#add(recordTable('region_parcel'), {
        ...plainRow(recordTable('region_parcel'), row),
        document: parcel.document,
      });
  }

  async mapTiles(): Promise<void> {
    const { content, lost, snapshot } = this.#work;
    for await (const { id, record: row, file, place } of snapshot.mapTiles()) {
      const [zoom, x, y] = [row.integer('zoom'), row.integer('x'), row.integer('y')];
      if (mapTileId(zoom, x, y) !== id) throw new SnapshotContentError(place, 'is named by another place');
      await this.row('map_tile', row);
      const [blobId, size] = [row.blob('blob'), row.integer('size', 0, tileBytesMax)];
      const onLost = (): void => lost.missContent(id, place, file);
      await content.want({ blobId, size, file, place, compress: 'never', onLost });
    }
  }

  async conflicts(): Promise<void> {
    const { content, lost, snapshot } = this.#work;
    for await (const { id, record: row, file, place } of snapshot.conflicts()) {
      const [blobId, size] = [row.blob('blob'), row.integer('size', 0)];
      if (conflictId(blobId) !== id) throw new SnapshotContentError(place, 'is named by other content');
      const onLost = (): void => lost.missContent(id, place, file);
      await content.want({ blobId, size, file, place, compress: 'auto', onLost });
    }
  }

  async #add(shape: RecordTable, row: PlainRow): Promise<void> {
    this.#rows += 1;
    if (this.#rows % 1000 === 0) this.#work.progress(this.#rows, 'reading records and content');
    await this.spools.get(shape.name)?.add(row);
  }
}

const tileBytesMax = 16 * 1024 * 1024;

function rowCodec(shape: RecordTable): LineCodec<PlainRow> {
  return {
    encode: (row) => JSON.stringify([...shape.columns.keys()].map((name) => (name in row ? [row[name]] : 0))),
    decode: (line) => {
      const values: unknown = JSON.parse(line);
      if (!Array.isArray(values)) throw new TypeError('a spooled line holds no row');
      const row: Record<string, string | number | null> = {};
      for (const [at, name] of [...shape.columns.keys()].entries()) {
        const boxed: unknown = values[at];
        if (!Array.isArray(boxed)) continue;
        const value: unknown = boxed[0];
        if (value !== null && typeof value !== 'string' && typeof value !== 'number')
          throw new TypeError('a spooled row holds what no column can');
        row[name] = value;
      }
      return row;
    },
  };
}
