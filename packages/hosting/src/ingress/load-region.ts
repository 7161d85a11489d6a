/** Loads a region archive (OAR) into the stored content of regions: all of it or nothing. */
import { basename } from 'node:path';
import type { ArchiveSink } from '@gridkeep/content/archives/inspect-archive';
import type { InspectionReport } from '@gridkeep/content/archives/inspection-report';
import { decodeDocument } from '@gridkeep/content/documents/document-text';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { InsertReport } from '@gridkeep/grid/assets/assets';
import type { ExistingObjects } from '@gridkeep/grid/regions/content-changes';
import type {
  Region,
  RegionContent,
  RegionObject,
  RegionParcel,
} from '@gridkeep/grid/regions/region-records';
import { transact } from '@gridkeep/grid/transactions';
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import { asJson } from '../json-value.ts';
import type { AssetSpools, LoadContext } from './archive-intake.ts';
import { ArchiveIntake, assetRecords, LoadRefusedError } from './archive-intake.ts';
import { recordLoad } from './load-ledger.ts';
import type { RecordSpool } from './record-spool.ts';
import type { RegionFiles, SpooledObject, SpooledParcel } from './region-spools.ts';
import {
  draftObject,
  ObjectIds,
  parcelRecord,
  placeObject,
  spooledObjectCodec,
  spooledParcelCodec,
} from './region-spools.ts';
import type { RegionTarget } from './region-targets.ts';
import { findTargets } from './region-targets.ts';
import { Residents } from '../residents.ts';

export interface RegionLoadRequest {
  /** Path of the archive. */
  readonly source: string;
  readonly regionId: Uuid;
  /** 'replace': the region is as in the archive afterwards. 'merge': its objects are added. */
  readonly mode: 'replace' | 'merge';
  /** In a merge: what happens to objects that are there already. */
  readonly existing: ExistingObjects;
  /** In a merge: take the archive's terrain, too. */
  readonly mergeTerrain: boolean;
  /** Metres; objects that then stand outside are left out. */
  readonly displacement: Vector3 | undefined;
  readonly createMissing: boolean;
  readonly resize: boolean;
  /** Refuse the archive when anything in it had to be left out. */
  readonly strict: boolean;
}

export interface LoadedRegion {
  readonly id: Uuid;
  readonly name: string;
  readonly objects: number;
  /** There already, and left as they were. */
  readonly skipped: number;
  /** Outside the region after the displacement, and left out. */
  readonly outside: number;
  readonly parcels: number;
  readonly revision: number;
}

export interface RegionLoadResult {
  readonly regions: readonly LoadedRegion[];
  readonly assets: InsertReport;
  /** Content the blob store did not have. */
  readonly newBlobs: number;
  readonly newBlobBytes: number;
  readonly report: InspectionReport;
}

/** Returns the result as JSON text: the same that an earlier try of this job recorded, when it had come to its end. */
export async function loadRegionArchive(
  grid: GridServices,
  request: RegionLoadRequest,
  context: LoadContext,
): Promise<string> {
  return ArchiveIntake.run(grid, context, async (intake) => {
    await requireRegion(grid, request.regionId, grid.database);
    return new RegionLoad(grid, request, context, intake).run();
  });
}

async function requireRegion(grid: GridServices, id: Uuid, queries: Queries): Promise<Region> {
  const region = await grid.regions.find(id, queries);
  if (region === undefined) throw new LoadRefusedError(`there is no region ${id}`);
  return region;
}

interface Spools {
  readonly assets: AssetSpools;
  readonly objects: RecordSpool<SpooledObject>;
  readonly parcels: RecordSpool<SpooledParcel>;
}

class RegionLoad {
  readonly #grid: GridServices;
  readonly #request: RegionLoadRequest;
  readonly #context: LoadContext;
  readonly #intake: ArchiveIntake;
  readonly #files = new Map<string, RegionFiles>();
  readonly #ids = new ObjectIds();
  readonly #residents: Residents;

  constructor(grid: GridServices, request: RegionLoadRequest, context: LoadContext, intake: ArchiveIntake) {
    this.#grid = grid;
    this.#request = request;
    this.#context = context;
    this.#intake = intake;
    this.#residents = new Residents(grid.accounts);
  }

  async run(): Promise<string> {
    const spools: Spools = {
      assets: await this.#intake.assetSpools(),
      objects: await this.#intake.spool('objects', spooledObjectCodec),
      parcels: await this.#intake.spool('parcels', spooledParcelCodec),
    };
    const { source, strict } = this.#request;
    const wanted = { source, strict, kind: 'oar' } as const;
    const report = await this.#intake.read(wanted, this.#sink(spools), this.#grid.assets, spools.assets);
    return transact(this.#grid.database, (queries) => this.#commit(queries, spools, report));
  }

  #sink(spools: Spools): ArchiveSink {
    return {
      asset: (entry) => this.#intake.takeAsset(entry, spools.assets),
      object: async (entry) => {
        const placed = placeObject(entry, this.#request.displacement);
        const id = this.#ids.unique(entry.regionDir, entry.object.rootId);
        const draft = draftObject(entry, id, placed);
        await this.#intake.takeDocument(placed.bytes, (blobId) =>
          spools.objects.add({ ...draft, object: { ...draft.object, blobId } }),
        );
      },
      parcel: (entry) => spools.parcels.add(parcelRecord(entry)),
      settings: (entry) => {
        this.#file(entry.regionDir, {
          regionName: entry.regionName,
          settings: decodeDocument(entry.bytes).text,
        });
        return Promise.resolve();
      },
      terrain: async (entry) => {
        const { regionDir, terrainSize } = entry;
        const size = entry.bytes.length;
        await this.#intake.takeDocument(entry.bytes, (blobId) => {
          this.#file(regionDir, { terrain: { blobId, size, width: terrainSize.x, height: terrainSize.y } });
          return Promise.resolve();
        });
      },
    };
  }

  #file(dir: string, part: Partial<RegionFiles>): void {
    const before = this.#files.get(dir) ?? { regionName: undefined, settings: undefined, terrain: undefined };
    this.#files.set(dir, { ...before, ...part });
  }

  async #commit(queries: Queries, spools: Spools, report: InspectionReport): Promise<string> {
    const services = this.#grid;
    const request = this.#request;
    const anchor = await requireRegion(this.#grid, request.regionId, queries);
    const merge = request.mode === 'merge';
    const targets = await findTargets(queries, services.regions, anchor, report, { ...request, merge });
    const source = `archive ${basename(request.source)}`;
    const assets = await services.assets.insertMany(queries, assetRecords(spools.assets.records), source);
    const regions: LoadedRegion[] = [];
    for (const target of targets) {
      // What nothing names belongs to the archive as a whole; the first region keeps it.
      const accompanying = regions.length === 0 ? spools.assets.accompanying.read() : [];
      regions.push(await this.#loadRegion(queries, spools, target, accompanying));
    }
    const { newBlobs, newBytes } = this.#intake.blobTally;
    const result = asJson({
      regions,
      assets,
      newBlobs,
      newBlobBytes: newBytes,
      report,
    } satisfies RegionLoadResult);
    await recordLoad(queries, this.#context.jobId, result);
    return JSON.stringify(result);
  }

  async #loadRegion(
    queries: Queries,
    spools: Spools,
    { source, region }: RegionTarget,
    accompanyingAssets: AsyncIterable<Uuid> | Iterable<Uuid>,
  ): Promise<LoadedRegion> {
    const services = this.#grid;
    const { mode, existing, mergeTerrain } = this.#request;
    const dir = source.dir ?? '';
    const files = this.#files.get(dir);
    const outside = { count: 0 };
    if (mode === 'merge' && mergeTerrain) requireTerrainFits(files, region);
    const content: RegionContent = {
      objects: this.#objects(spools, dir, region, outside),
      accompanyingAssets,
      loadedFrom: basename(this.#request.source),
      ...(mode === 'replace' ? { parcels: this.#parcels(spools, dir, region) } : {}),
      ...(mode === 'replace' && files?.settings !== undefined ? { settings: files.settings } : {}),
      ...((mode === 'replace' || mergeTerrain) && files?.terrain !== undefined
        ? { terrain: { blobId: files.terrain.blobId, size: files.terrain.size } }
        : {}),
    };
    const done =
      mode === 'replace'
        ? await services.regions.replaceContent(queries, region.id, content)
        : await services.regions.mergeContent(queries, region.id, content, existing);
    const { objects, skipped, parcels, revision } = done;
    return { id: region.id, name: region.name, objects, skipped, outside: outside.count, parcels, revision };
  }

  /** The owners and creators are those that count on this grid; the documents keep what they say. */
  async *#objects(
    spools: Spools,
    dir: string,
    region: Region,
    outside: { count: number },
  ): AsyncGenerator<RegionObject> {
    for await (const spooled of spools.objects.read()) {
      if (spooled.dir !== dir) continue;
      const { object, creatorData } = spooled;
      if (this.#request.displacement !== undefined && !stands(object, region)) {
        outside.count += 1;
        continue;
      }
      yield {
        ...object,
        ownerId: await this.#residents.owner(object.ownerId, region.ownerId),
        creatorId: await this.#residents.creator(object.creatorId, creatorData, region.ownerId),
        // There are no groups yet that it could belong to.
        groupId: zeroUuid,
      };
    }
  }

  async *#parcels(spools: Spools, dir: string, region: Region): AsyncGenerator<RegionParcel> {
    for await (const spooled of spools.parcels.read()) {
      if (spooled.dir !== dir) continue;
      const { parcel } = spooled;
      yield {
        ...parcel,
        ownerId: await this.#residents.owner(parcel.ownerId, region.ownerId),
        groupId: zeroUuid,
      };
    }
  }
}

function requireTerrainFits(files: RegionFiles | undefined, region: Region): void {
  const terrain = files?.terrain;
  if (terrain === undefined || (terrain.width === region.sizeX && terrain.height === region.sizeY)) return;
  throw new LoadRefusedError(
    `the archive's terrain measures ${terrain.width} x ${terrain.height}, region ${region.name} ${region.sizeX} x ${region.sizeY} m: ` +
      'merge without terrain',
  );
}

function stands(object: RegionObject, region: Region): boolean {
  return object.x >= 0 && object.y >= 0 && object.x < region.sizeX && object.y < region.sizeY;
}
