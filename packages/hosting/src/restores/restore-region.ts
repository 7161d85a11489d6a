/** Restores a region with what stands on it, or one object of it: in place or beside. */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { findReferences } from '@gridkeep/content/assets/references';
import { chunked } from '@gridkeep/grid/chunks';
import { findObjects } from '@gridkeep/grid/regions/content-store';
import type { Region, RegionObject, RegionParcel } from '@gridkeep/grid/regions/region-records';
import { RegionRefusedError } from '@gridkeep/grid/regions/region-rules';
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { hash } from 'node:crypto';
import type { ObjectEntry, SnapshotRegion } from '../backup-layout/region-reader.ts';
import { regionReferences } from './region-references.ts';
import type { LineCodec, RecordSpool } from '../ingress/record-spool.ts';
import { uuidCodec } from '../ingress/spooled-records.ts';
import { objectOfRow, parcelOfRow } from '../backup-layout/record-rows.ts';
import { RecordFields } from '../backup-layout/record-fields.ts';
import { ChangeTally } from './change-tally.ts';
import { placeBeside } from './region-places.ts';
import type { RestoreReport } from './restore-report.ts';
import { RestoreRefusedError } from './restore-request.ts';
import type { RestoreWork } from './restore-work.ts';
import { restoredTitle } from './restored-title.ts';
import { withNewIds } from './object-copy.ts';

interface Wanted {
  readonly region: Region;
  readonly settings: string | undefined;
  readonly terrain: { readonly blobId: RegionObject['blobId']; readonly size: number } | undefined;
  readonly objects: RecordSpool<RegionObject>;
  readonly parcels: RecordSpool<RegionParcel>;
  readonly accompanying: RecordSpool<Uuid>;
  /** Objects whose document nobody has. */
  readonly lost: ReadonlySet<Uuid>;
}

export async function restoreRegion(work: RestoreWork, regionId: Uuid): Promise<RestoreReport> {
  const found = await work.snapshot.region(regionId);
  if (found === undefined) throw new RestoreRefusedError(`the snapshot has no region ${regionId}`);
  const wanted = await readWanted(work, found);
  await work.settleContent();
  return work.commit(async (queries) => {
    const tally = new ChangeTally();
    await work.putAssets(queries, tally);
    const made =
      work.request.placement === 'beside'
        ? await putBeside(work, queries, wanted, tally)
        : await putInPlace(work, queries, wanted, tally);
    return work.report(tally, made);
  });
}

async function readWanted(work: RestoreWork, found: SnapshotRegion): Promise<Wanted> {
  const objects = await work.spool('objects', objectCodec);
  const parcels = await work.spool('parcels', parcelCodec);
  const accompanying = await work.spool('accompanying', uuidCodec);
  const lost = new Set<Uuid>();
  const { region, settings } = found;
  work.needs.need(regionReferences(settings), `settings of ${region.name}`);
  for await (const entry of found.objects()) {
    if (objects.count % 200 === 0) work.progress(objects.count, `reading region ${region.name}`);
    await objects.add(entry.object);
    await wantObject(work, entry, lost);
  }
  for await (const parcel of found.parcels()) await parcels.add(parcel);
  for await (const id of found.accompanying()) {
    work.needs.needAlso(id);
    await accompanying.add(id);
  }
  const terrain = await wantTerrain(work, found);
  return { region, settings, terrain, objects, parcels, accompanying, lost };
}

async function wantObject(work: RestoreWork, entry: ObjectEntry, lost: Set<Uuid>): Promise<void> {
  const { object, file, place } = entry;
  const bytes = await work.content.bring({
    ...{ blobId: object.blobId, size: object.size, file, place, compress: 'auto' },
    onLost: () => {
      lost.add(object.id);
      work.lost.missContent(object.id, place, file);
    },
  });
  if (bytes !== undefined)
    work.needs.need(
      findReferences(AssetTypes.object, bytes).references,
      `object ${object.name} (${object.id})`,
    );
}

async function wantTerrain(work: RestoreWork, found: SnapshotRegion): Promise<Wanted['terrain']> {
  const { terrain: file, terrainRow: row, region } = found;
  if (row === undefined) return undefined;
  const terrain = { blobId: row.blob('blob'), size: row.integer('size', 0) };
  const place = `${found.folder.place}/terrain.r32`;
  let isLost = false;
  const onLost = (): void => {
    isLost = true;
    work.lost.missContent(region.id, place, file);
  };
  await work.content.want({ ...terrain, file, place, compress: 'auto', onLost });
  await work.content.drain();
  return isLost ? undefined : terrain;
}

async function putInPlace(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  tally: ChangeTally,
): Promise<RestoreReport['made']> {
  const { regions } = work.grid;
  const { id, name, sizeX, sizeY } = wanted.region;
  const live = await regions.find(id, queries);
  const isSame = live !== undefined && live.sizeX === sizeX && live.sizeY === sizeY;
  tally.add('region', live === undefined ? 'appear' : isSame ? 'same' : 'change', id, live?.name ?? name);
  await compareContent(work, queries, wanted, live !== undefined, tally);
  if (work.request.dryRun) return [];
  try {
    if (live === undefined) await regions.create(wanted.region, queries);
    else if (!isSame) await regions.update(id, { sizeX, sizeY }, queries);
  } catch (error) {
    if (!(error instanceof RegionRefusedError)) throw error;
    throw new RestoreRefusedError(`${error.message}: restore it beside, with a name and a place of its own`);
  }
  await putContent(work, queries, id, wanted);
  return [];
}

async function putBeside(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  tally: ChangeTally,
): Promise<RestoreReport['made']> {
  const region = await placeBeside(
    queries,
    work.grid.regions,
    wanted.region,
    work.request,
    work.snapshot.root.time,
  );
  tally.add('region', 'appear', region.id, region.name);
  await compareContent(work, queries, wanted, false, tally);
  if (!work.request.dryRun) {
    try {
      await work.grid.regions.create(region, queries);
    } catch (error) {
      if (!(error instanceof RegionRefusedError)) throw error;
      throw new RestoreRefusedError(error.message);
    }
    await putContent(work, queries, region.id, wanted);
  }
  return [{ kind: 'region', id: region.id, name: region.name }];
}

async function putContent(work: RestoreWork, queries: Queries, id: Uuid, wanted: Wanted): Promise<void> {
  const { settings, terrain } = wanted;
  await work.grid.regions.replaceContent(queries, id, {
    objects: standing(wanted),
    parcels: wanted.parcels.read(),
    accompanyingAssets: wanted.accompanying.read(),
    ...(settings === undefined ? {} : { settings }),
    ...(terrain === undefined ? {} : { terrain }),
    loadedFrom: restoredTitle(work.snapshot.root.time),
  });
}

async function* standing(wanted: Wanted): AsyncGenerator<RegionObject> {
  for await (const object of wanted.objects.read()) if (!wanted.lost.has(object.id)) yield object;
}

async function compareContent(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  isThere: boolean,
  tally: ChangeTally,
): Promise<void> {
  const { regions } = work.grid;
  const { id, name } = wanted.region;
  const ids = new Set<Uuid>();
  for await (const chunk of chunked(standing(wanted))) {
    const there = isThere
      ? await findObjects(
          queries,
          id,
          chunk.map((object) => object.id),
        )
      : [];
    const before = new Map(there.map((object) => [object.id, objectCodec.encode(object)]));
    for (const object of chunk) {
      ids.add(object.id);
      tally.add(
        'object',
        changeOf(objectCodec.encode(object), before.get(object.id)),
        object.id,
        object.name,
      );
    }
  }
  const parcels = new Map<Uuid, { readonly digest: string; readonly name: string }>();
  if (isThere) {
    for await (const object of regions.objects(id, queries))
      if (!ids.has(object.id)) tally.add('object', 'vanish', object.id, object.name);
    for await (const parcel of regions.parcels(id, queries))
      parcels.set(parcel.id, { digest: digestOf(parcel), name: parcel.name });
  }
  for await (const parcel of wanted.parcels.read()) {
    tally.add('parcel', changeOf(digestOf(parcel), parcels.get(parcel.id)?.digest), parcel.id, parcel.name);
    parcels.delete(parcel.id);
  }
  for (const [parcel, { name: called }] of parcels) tally.add('parcel', 'vanish', parcel, called);
  const [settings, terrain] = isThere
    ? [await regions.settings(id, queries), await regions.terrain(id, queries)]
    : [undefined, undefined];
  addPart(tally, 'settings', id, name, wanted.settings, settings?.document);
  addPart(tally, 'terrain', id, name, wanted.terrain?.blobId, terrain?.blobId);
}

function changeOf(wanted: string, before: string | undefined): 'appear' | 'change' | 'same' {
  return before === undefined ? 'appear' : before === wanted ? 'same' : 'change';
}

function addPart(
  tally: ChangeTally,
  kind: 'settings' | 'terrain',
  id: Uuid,
  name: string,
  wanted: string | undefined,
  before: string | undefined,
): void {
  if (wanted !== undefined) tally.add(kind, changeOf(wanted, before), id, name);
  else if (before !== undefined) tally.add(kind, 'vanish', id, name);
}

function digestOf(parcel: RegionParcel): string {
  return hash('sha256', parcelCodec.encode(parcel));
}

export async function restoreObject(
  work: RestoreWork,
  regionId: Uuid,
  objectId: Uuid,
): Promise<RestoreReport> {
  const { snapshot, request, grid } = work;
  const found = await snapshot.region(regionId);
  const entry = await found?.object(objectId);
  if (found === undefined || entry === undefined)
    throw new RestoreRefusedError(`the snapshot has no object ${objectId} in region ${regionId}`);
  const { object: stored, file, place } = entry;
  const content = { blobId: stored.blobId, size: stored.size, file, place };
  const bytes = await work.content.bytes(content);
  if (bytes === undefined)
    throw new RestoreRefusedError(`the document of object ${objectId} is nowhere any more`);
  const { object, document } =
    request.placement === 'beside' ? withNewIds(stored, bytes) : { object: stored, document: bytes };
  work.needs.need(
    findReferences(AssetTypes.object, bytes).references,
    `object ${object.name} (${object.id})`,
  );
  await work.content.give(object.blobId, document);
  await work.settleContent();
  return work.commit(async (queries) => {
    const tally = new ChangeTally();
    await work.putAssets(queries, tally);
    const region = await grid.regions.find(regionId, queries);
    if (region === undefined)
      throw new RestoreRefusedError(
        `the grid has no region ${found.region.name} any more: restore the region`,
      );
    const [before] = await findObjects(queries, regionId, [object.id]);
    const was = before === undefined ? undefined : objectCodec.encode(before);
    tally.add('object', changeOf(objectCodec.encode(object), was), object.id, object.name);
    if (!request.dryRun)
      await grid.regions.mergeContent(
        queries,
        regionId,
        { objects: [object], accompanyingAssets: [], loadedFrom: region.loadedFrom },
        'replace',
      );
    const made =
      request.placement === 'beside' ? [{ kind: 'object' as const, id: object.id, name: object.name }] : [];
    return work.report(tally, made);
  });
}

const objectCodec: LineCodec<RegionObject> = {
  encode: (object) =>
    JSON.stringify({
      ...{ id: object.id, blob: Buffer.from(object.blobId, 'hex').toString('base64'), size: object.size },
      ...{ name: object.name, parts: object.parts, scripts: object.scripts, owner: object.ownerId },
      ...{ group_id: object.groupId, creator: object.creatorId, x: object.x, y: object.y, z: object.z },
    }),
  decode: (line) => objectOfRow(RecordFields.parse(line, 'spool')),
};

const parcelCodec: LineCodec<RegionParcel> = {
  encode: (parcel) =>
    JSON.stringify({
      ...{ id: parcel.id, name: parcel.name, owner: parcel.ownerId, group_id: parcel.groupId },
      ...{ area: parcel.area, bitmap: Buffer.from(parcel.bitmap).toString('base64') },
      document: parcel.document,
    }),
  decode: (line) => {
    const row = RecordFields.parse(line, 'spool');
    return parcelOfRow(row, row.text('document'));
  },
};
