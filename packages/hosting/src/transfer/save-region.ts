/** Saves the stored content of regions as a region archive (OAR) that OpenSimulator loads. */
import { stat } from 'node:fs/promises';
import { writeOar } from '@gridkeep/content/archives/oar-writer';
import type {
  OarObjectContent,
  OarParcelContent,
  OarRegionContent,
} from '@gridkeep/content/archives/oar-writer';
import {
  regionDirectory,
  writeMultiRegionControl,
  writeRegionControl,
} from '@gridkeep/content/documents/control-file';
import type { PlacedRegion } from '@gridkeep/content/documents/control-file';
import { RegionChangedError } from '@gridkeep/grid/regions/content-reader';
import type { Region } from '@gridkeep/grid/regions/region-records';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { JobProgress } from '@gridkeep/storage/jobs/jobs';
import type { Uuid } from '@gridkeep/wire/uuid';
import { AssetClosure } from './asset-closure.ts';
import type { MissingReference } from './asset-closure.ts';
import { FileExistsError, writeDurableFile } from './durable-file.ts';
import type { LostContent } from './saved-content.ts';
import { SavedContent } from './saved-content.ts';
import { simulatorObject, simulatorParcel, simulatorSettings } from './simulator-documents.ts';

export interface RegionSaveRequest {
  readonly regionIds: readonly Uuid[];
  /** Path of the archive to write. */
  readonly target: string;
  readonly overwrite: boolean;
  readonly withAssets: boolean;
  /**
   * Movements of objects are serialized .NET objects, which OpenSimulator deserializes without a check: left out unless
   * whoever loads the archive trusts who made them.
   */
  readonly keepKeyframeMotion: boolean;
}

export interface SaveContext {
  /** The same for every try of one save. */
  readonly jobId: Uuid;
  readonly signal: AbortSignal;
  readonly progress: (progress: JobProgress) => void;
}

export interface RegionSaveResult {
  readonly regions: readonly { readonly id: Uuid; readonly name: string }[];
  readonly objects: number;
  readonly parcels: number;
  readonly assets: number;
  /** Assets that something certainly needs and the grid does not have. */
  readonly missing: readonly MissingReference[];
  readonly missingCount: number;
  /** Left out, since their content is gone or damaged; the first 1000. */
  readonly lost: readonly LostContent[];
  readonly lostCount: number;
  readonly keyframeMotionsLeftOut: number;
  /** Of the file. */
  readonly bytes: number;
}

/** The request cannot be carried out; the message says why. */
export class SaveRefusedError extends Error {
  override readonly name = 'SaveRefusedError';
}

/** How often a save begins anew because the content changed under it. */
const attemptsMax = 5;

/** Writes the archive; the target appears when it is whole. Throws SaveRefusedError or FileExistsError. */
export async function saveRegionArchive(
  grid: GridServices,
  request: RegionSaveRequest,
  context: SaveContext,
): Promise<RegionSaveResult> {
  if (!request.overwrite && (await exists(request.target))) throw new FileExistsError(request.target);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await new RegionSave(grid, request, context).run();
    } catch (error) {
      if (!(error instanceof RegionChangedError) || attempt >= attemptsMax) throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

class RegionSave {
  readonly #grid: GridServices;
  readonly #request: RegionSaveRequest;
  readonly #context: SaveContext;
  readonly #closure: AssetClosure;
  readonly #saved: SavedContent;
  #objects = 0;
  #parcels = 0;
  #keyframeMotions = 0;

  constructor(grid: GridServices, request: RegionSaveRequest, context: SaveContext) {
    this.#grid = grid;
    this.#request = request;
    this.#context = context;
    this.#closure = new AssetClosure(grid.assets);
    this.#saved = new SavedContent(grid.blobs);
  }

  async run(): Promise<RegionSaveResult> {
    const regions = await this.#findRegions();
    const content = this.#content(regions);
    const bytes = await writeDurableFile(this.#request.target, writeOar(content), {
      overwrite: this.#request.overwrite,
      writer: this.#context.jobId,
      signal: this.#context.signal,
      onBytes: (done) => {
        const message = `${this.#objects} objects, ${this.#saved.assets} assets written`;
        this.#context.progress({ done, unit: 'bytes', message });
      },
    });
    return {
      regions: regions.map(({ id, name }) => ({ id, name })),
      objects: this.#objects,
      parcels: this.#parcels,
      assets: this.#saved.assets,
      missing: this.#closure.missing,
      missingCount: this.#closure.missingCount,
      lost: this.#saved.lost,
      lostCount: this.#saved.lostCount,
      keyframeMotionsLeftOut: this.#keyframeMotions,
      bytes,
    };
  }

  async #findRegions(): Promise<readonly Region[]> {
    const regions: Region[] = [];
    for (const id of this.#request.regionIds) {
      const region = await this.#grid.regions.find(id);
      if (region === undefined) throw new SaveRefusedError(`there is no region ${id}`);
      regions.push(region);
    }
    if (regions.length === 0) throw new SaveRefusedError('no region was named');
    return regions;
  }

  #content(regions: readonly Region[]): Parameters<typeof writeOar>[0] {
    const facts = { savedAt: Math.floor(Date.now() / 1000), assetsIncluded: this.#request.withAssets };
    const assets = this.#request.withAssets ? this.#saved.assetsOf(this.#closure) : [];
    const [only] = regions;
    if (only !== undefined && regions.length === 1) {
      const size = { x: only.sizeX, y: only.sizeY };
      return {
        control: writeRegionControl({ id: only.id, size }, facts),
        regions: this.#regions([{ region: only, dir: '' }]),
        assets,
      };
    }
    const west = Math.min(...regions.map((region) => region.locationX));
    const south = Math.min(...regions.map((region) => region.locationY));
    const placed = regions.map((region) => {
      const column = region.locationX - west;
      const row = region.locationY - south;
      const dir = regionDirectory(column, row, region.name);
      const cell: PlacedRegion = {
        ...{ id: region.id, size: { x: region.sizeX, y: region.sizeY } },
        ...{ directory: dir, column, row },
      };
      return { region, dir, cell };
    });
    const control = writeMultiRegionControl(
      placed.map(({ cell }) => cell),
      facts,
    );
    return { control, regions: this.#regions(placed), assets };
  }

  async *#regions(
    placed: readonly { readonly region: Region; readonly dir: string }[],
  ): AsyncGenerator<OarRegionContent> {
    const { regions, accompanying } = this.#grid;
    for (const { region, dir } of placed) {
      const stored = await regions.settings(region.id);
      const settings = stored === undefined ? undefined : simulatorSettings(stored.document);
      this.#closure.need(settings?.references ?? [], `settings of ${region.name}`);
      for await (const id of accompanying.list(region.id)) this.#closure.needAlso(id);
      yield {
        name: region.name,
        dir,
        settings: settings?.bytes,
        parcels: this.#parcelEntries(region),
        terrain: await this.#terrain(region),
        objects: this.#objectEntries(region),
      };
    }
  }

  async #terrain(region: Region): Promise<Uint8Array | undefined> {
    const terrain = await this.#grid.regions.terrain(region.id);
    if (terrain === undefined) return undefined;
    return this.#saved.read({ what: 'terrain', id: region.id, name: region.name, blobId: terrain.blobId });
  }

  async *#parcelEntries(region: Region): AsyncGenerator<OarParcelContent> {
    for await (const parcel of this.#grid.regions.parcels(region.id)) {
      const { bytes, references } = simulatorParcel(parcel.document);
      this.#closure.need(references, `parcel ${parcel.name}`);
      this.#parcels += 1;
      yield { id: parcel.id, xml: bytes };
    }
  }

  async *#objectEntries(region: Region): AsyncGenerator<OarObjectContent> {
    for await (const { id, name, blobId, x, y, z } of this.#grid.regions.objects(region.id)) {
      const stored = await this.#saved.read({ what: 'object', id, name, blobId });
      if (stored === undefined) continue;
      const object = simulatorObject(stored, this.#request.keepKeyframeMotion);
      this.#closure.need(object.references, `object ${name} (${id})`);
      if (object.keyframeMotionLeftOut) this.#keyframeMotions += 1;
      this.#objects += 1;
      yield { id, name, position: { x, y, z }, xml: object.bytes };
    }
  }
}
