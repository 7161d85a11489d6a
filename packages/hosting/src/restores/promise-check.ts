/** Reads the snapshot once more and compares what a restore has put into a grid with it, row by row and byte by byte. */
import { createHash, hash } from 'node:crypto';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { recordTable } from '@gridkeep/grid/record-changes/record-tables';
import type { RecordTable } from '@gridkeep/grid/record-changes/record-tables';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import type { RecordFields } from '../backup-layout/record-fields.ts';
import type { PlainRow } from './table-rows.ts';
import { keyOf, plainRow, rowsWithKeys } from './table-rows.ts';

const rowsAtOnce = 100;
/** What a restore counts anew: whoever restores a region makes a revision of its content. */
const notCompared: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['region', new Set(['content_revision', 'loaded_from', 'loaded_at', 'created_at'])],
  ['region_settings', new Set(['revision'])],
]);

type Differ = (what: string, detail: string) => void;

export class PromiseCheck {
  readonly #snapshot: GridSnapshot;
  readonly #restored: GridServices;
  readonly #differ: Differ;
  itemCount = 0;
  objectCount = 0;
  assetCount = 0;

  constructor(snapshot: GridSnapshot, restored: GridServices, differ: Differ) {
    this.#snapshot = snapshot;
    this.#restored = restored;
    this.#differ = differ;
  }

  /** The resident's name. */
  async inventory(id: Uuid): Promise<string | undefined> {
    const resident = await this.#snapshot.resident(id);
    if (resident === undefined) return undefined;
    const folders = this.#batch('inventory_folder');
    const items = this.#batch('inventory_item');
    let folderCount = 0;
    let itemCount = 0;
    for await (const entry of this.#snapshot.inventory(resident)) {
      if (entry.kind === 'folder') {
        folderCount += 1;
        await folders.add(entry.row);
        continue;
      }
      itemCount += 1;
      await items.add(entry.row);
    }
    await folders.flush();
    await items.flush();
    const counts = await this.#restored.inventory.counts(id);
    if (counts.folders !== folderCount || counts.items !== itemCount)
      this.#differ(
        `inventory of ${resident.name}`,
        `${counts.folders} folders and ${counts.items} items, not ${folderCount} and ${itemCount}`,
      );
    this.itemCount += itemCount;
    return resident.name;
  }

  /** The region's name. */
  async region(id: Uuid): Promise<string | undefined> {
    const found = await this.#snapshot.region(id);
    if (found === undefined) return undefined;
    const regions = this.#batch('region');
    await regions.add(found.row);
    await regions.flush();
    const objects = this.#batch('region_object');
    let count = 0;
    for await (const { row, object, file } of found.objects()) {
      if (file === undefined) continue;
      count += 1;
      await objects.add(row);
      await this.#content(`object ${object.name} (${object.id})`, object.blobId);
    }
    await objects.flush();
    const parcels = this.#batch('region_parcel');
    for await (const { row, parcel } of found.parcelRows())
      await parcels.add(row, { document: parcel.document });
    await parcels.flush();
    const settings = await this.#restored.regions.settings(id);
    if (settings?.document !== found.settings) this.#differ(`settings of ${found.region.name}`, 'are others');
    const summary = await this.#restored.regions.summary(id);
    if (summary.objects !== count)
      this.#differ(`region ${found.region.name}`, `${summary.objects} objects, not ${count}`);
    if (found.terrainBlob !== undefined && found.terrain !== undefined)
      await this.#content(`terrain of ${found.region.name}`, found.terrainBlob);
    this.objectCount += count;
    return found.region.name;
  }

  /** Every asset that the restores brought, against its record in the snapshot. */
  async assets(signal: AbortSignal): Promise<void> {
    let chunk = new Set<Uuid>();
    const settle = async (): Promise<void> => {
      const open = chunk;
      chunk = new Set();
      const rows = this.#batch('asset');
      for await (const { record, row, file } of this.#snapshot.findAssets(open, signal)) {
        open.delete(record.id);
        await rows.add(row);
        if (file !== undefined) await this.#content(`asset ${record.id}`, record.blobId);
      }
      await rows.flush();
      for (const id of open) this.#differ(`asset ${id}`, 'is not in the snapshot');
    };
    for await (const { id } of this.#restored.assets.all()) {
      this.assetCount += 1;
      chunk.add(id);
      if (chunk.size >= 5000) await settle();
    }
    if (chunk.size > 0) await settle();
  }

  async #content(what: string, id: BlobId): Promise<void> {
    const source = await this.#restored.blobs.read(id);
    if (source === undefined) return this.#differ(what, 'its content is not there');
    const digest = createHash('sha256');
    for await (const piece of source) digest.update(piece);
    if (digest.digest('hex') !== id) this.#differ(what, 'its content is another');
  }

  #batch(table: string): Batch {
    return new Batch(recordTable(table), this.#restored, this.#differ);
  }
}

class Batch {
  readonly #table: RecordTable;
  readonly #grid: GridServices;
  readonly #differ: Differ;
  #rows: PlainRow[] = [];

  constructor(table: RecordTable, grid: GridServices, differ: Differ) {
    this.#table = table;
    this.#grid = grid;
    this.#differ = differ;
  }

  async add(fields: RecordFields, more: PlainRow = {}): Promise<void> {
    this.#rows.push({ ...plainRow(this.#table, fields), ...more });
    if (this.#rows.length >= rowsAtOnce) await this.flush();
  }

  async flush(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length === 0) return;
    const there = await rowsWithKeys(this.#grid.database, this.#table, rows);
    const passed = notCompared.get(this.#table.name);
    for (const row of rows) {
      const key = keyOf(this.#table, row);
      const restored = there.get(key);
      const what = `row ${key} of ${this.#table.name}`;
      if (restored === undefined) this.#differ(what, 'was not restored');
      else
        for (const [name, value] of Object.entries(row))
          if (restored[name] !== value && passed?.has(name) !== true)
            this.#differ(what, `${name} is ${shown(restored[name])}, not ${shown(value)}`);
    }
  }
}

function shown(value: string | number | null | undefined): string {
  const text = String(value);
  return text.length <= 60 ? text : `SHA-256 ${hash('sha256', text).slice(0, 16)}`;
}
