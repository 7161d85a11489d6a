/**
 * A restore that is really done: a sample of residents, regions and assets goes into a scratch grid of its own and is compared,
 * row by row and byte by byte, with what the snapshot promised. Where the live grid has not changed since, both are saved as
 * archives, which must mean the same.
 */
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diffArchives } from '@gridkeep/content/archives/diff-archives';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { foldersOfOwner } from '@gridkeep/grid/inventory/folders-store';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import { saveInventoryArchive } from '../transfer/save-inventory.ts';
import { saveRegionArchive } from '../transfer/save-region.ts';
import { chooseSample } from './drill-sample.ts';
import type { DrillSample } from './drill-sample.ts';
import { openDrillGrid } from './drill-grid.ts';
import type { DrillGrid } from './drill-grid.ts';
import { PromiseCheck } from './promise-check.ts';
import type { RestoreScope } from './restore-request.ts';
import { restoreIntoGrid } from './restore.ts';

export interface DrillRequest {
  /** Decides the sample; the day as text, such as `2026-11-22`. */
  readonly seed: string;
  /** Default 2. */
  readonly residents?: number;
  /** Default 1. */
  readonly regions?: number;
  /** Beside those that residents and regions need; default 50. */
  readonly assets?: number;
  /** When so much content was restored, nothing further of the sample is. Default 2 GiB. */
  readonly bytesMax?: number;
}

export interface DrillContext {
  /** The scratch grid lies in a folder of it that is gone afterwards. */
  readonly temporaryFolder: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: {
    readonly done: number;
    readonly total: number;
    readonly message: string;
  }) => void;
  /** Before each restore: brings what it needs from cold storage. */
  readonly fetchFirst?: (scratch: GridServices, scope: RestoreScope) => Promise<void>;
}

export interface DrillDifference {
  /** 'snapshot': what was restored is not what the snapshot holds. 'live': not what the live grid has, unchanged since. */
  readonly against: 'snapshot' | 'live';
  readonly what: string;
  readonly detail: string;
}

export interface DrillReport {
  readonly snapshot: string;
  /** Unix milliseconds. */
  readonly snapshotTime: number;
  readonly seed: string;
  readonly passed: boolean;
  /** Residents, regions and assets of the sample that were left out, for there was enough. */
  readonly leftOut: number;
  readonly residents: readonly string[];
  readonly regions: readonly string[];
  readonly assets: number;
  readonly items: number;
  readonly objects: number;
  /** Bytes of content that were restored. */
  readonly bytes: number;
  /** Residents, regions and assets that were compared with the live grid as well. */
  readonly comparedLive: number;
  /** The first 100. */
  readonly differences: readonly DrillDifference[];
  readonly differenceCount: number;
  /** Milliseconds of restoring and of all. */
  readonly restoreTook: number;
  readonly took: number;
}

const defaults = { residents: 2, regions: 1, assets: 50 };
const differencesListed = 100;
const bytesMaxDefault = 2 * 1024 ** 3;

/** `live` undefined: the machine that had the grid is gone. Throws only when it could not be carried out at all. */
export async function drillSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  live: GridServices | undefined,
  request: DrillRequest,
  context: DrillContext,
): Promise<DrillReport> {
  await mkdir(context.temporaryFolder, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(context.temporaryFolder, 'drill-'));
  let scratch: DrillGrid | undefined;
  try {
    const content = await GridSnapshot.open(source, snapshot);
    const sample = await chooseSample(content, { ...defaults, ...request }, context.signal);
    scratch = await openDrillGrid(folder, content);
    return await new Drill(content, scratch, live, request, folder, context).run(sample);
  } finally {
    await scratch?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class Drill {
  readonly #snapshot: GridSnapshot;
  readonly #scratch: DrillGrid;
  readonly #live: GridServices | undefined;
  readonly #seed: string;
  readonly #bytesMax: number;
  readonly #folder: string;
  readonly #context: DrillContext;
  readonly #differences: DrillDifference[] = [];
  #differenceCount = 0;
  #comparedLive = 0;
  #leftOut = 0;
  #restoreTook = 0;
  #bytes = 0;

  constructor(
    snapshot: GridSnapshot,
    scratch: DrillGrid,
    live: GridServices | undefined,
    { seed, bytesMax = bytesMaxDefault }: DrillRequest,
    folder: string,
    context: DrillContext,
  ) {
    this.#snapshot = snapshot;
    this.#scratch = scratch;
    this.#live = live;
    this.#seed = seed;
    this.#bytesMax = bytesMax;
    this.#folder = folder;
    this.#context = context;
  }

  async run(sample: DrillSample): Promise<DrillReport> {
    const begun = performance.now();
    const total = sample.residents.length + sample.regions.length + sample.assets.length;
    let done = 0;
    const step = (message: string): void => {
      this.#context.signal.throwIfAborted();
      this.#context.progress({ done, total, message });
      done += 1;
    };
    const check = new PromiseCheck(this.#snapshot, this.#scratch.services, (what, detail) =>
      this.#differ('snapshot', what, detail),
    );
    const residents: string[] = [];
    const regions: string[] = [];
    for (const id of sample.residents) {
      step('restoring and comparing residents');
      await this.#attempt(`inventory of ${id}`, async () => {
        await this.#restore({ kind: 'inventory', residentId: id });
        residents.push((await check.inventory(id)) ?? id);
        await this.#compareInventory(id);
      });
    }
    for (const id of sample.regions) {
      step('restoring and comparing regions');
      await this.#attempt(`region ${id}`, async () => {
        await this.#restore({ kind: 'region', regionId: id });
        regions.push((await check.region(id)) ?? id);
        await this.#compareRegion(id);
      });
    }
    for (const id of sample.assets) {
      step('restoring and comparing assets');
      await this.#attempt(`asset ${id}`, async () => {
        await this.#restore({ kind: 'asset', assetId: id });
        await this.#compareAsset(id);
      });
    }
    await check.assets(this.#context.signal);
    return {
      ...{ snapshot: this.#snapshot.root.id, snapshotTime: this.#snapshot.root.time, seed: this.#seed },
      ...{ passed: this.#differenceCount === 0, leftOut: this.#leftOut, residents, regions },
      ...{ assets: check.assetCount, items: check.itemCount, objects: check.objectCount },
      ...{ bytes: this.#bytes, comparedLive: this.#comparedLive },
      ...{ differences: this.#differences, differenceCount: this.#differenceCount },
      restoreTook: Math.round(this.#restoreTook),
      took: Math.round(performance.now() - begun),
    };
  }

  /** What cannot be restored or compared is a difference, and the rest of the drill goes on. */
  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    if (this.#bytes >= this.#bytesMax) {
      this.#leftOut += 1;
      return;
    }
    try {
      await work();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      this.#differ('snapshot', what, error instanceof Error ? error.message : 'could not be restored');
    }
  }

  #differ(against: DrillDifference['against'], what: string, detail: string): void {
    this.#differenceCount += 1;
    if (this.#differences.length < differencesListed)
      this.#differences.push({ against, what, detail: detail.slice(0, 500) });
  }

  async #restore(scope: RestoreScope): Promise<void> {
    await this.#context.fetchFirst?.(this.#scratch.services, scope);
    const begun = performance.now();
    const report = await restoreIntoGrid(
      this.#snapshot.source,
      this.#snapshot.root,
      this.#scratch.services,
      { scope, placement: 'in-place', dryRun: false },
      {
        ...{ jobId: randomUuid(), temporaryFolder: join(this.#folder, 'spools') },
        ...{ signal: this.#context.signal, progress: () => undefined },
      },
    );
    this.#restoreTook += performance.now() - begun;
    this.#bytes += report.newBlobBytes;
  }

  /** Every change in a folder raises its version, so equal folders have equal content. */
  async #compareInventory(id: Uuid): Promise<void> {
    if (this.#live === undefined) return;
    const { database } = this.#scratch.services;
    const here = await foldersOfOwner(database, id);
    const there = new Map((await foldersOfOwner(this.#live.database, id)).map((one) => [one.id, one]));
    if (here.length === 0 || here.length !== there.size) return;
    const isSame = here.every((one) => {
      const other = there.get(one.id);
      return other?.version === one.version && other.parentId === one.parentId && other.name === one.name;
    });
    if (!isSame) return;
    await this.#compareArchives(`inventory of ${id}`, 'iar', (grid, target) =>
      saveInventoryArchive(
        grid,
        { residentId: id, path: '/', target, overwrite: false, withAssets: true },
        this.#saving(),
      ),
    );
  }

  async #compareRegion(id: Uuid): Promise<void> {
    const live = await this.#live?.regions.find(id);
    const promised = await this.#snapshot.region(id);
    if (live === undefined || live.contentRevision !== promised?.region.contentRevision) return;
    await this.#compareArchives(`region ${live.name}`, 'oar', (grid, target) =>
      saveRegionArchive(
        grid,
        { regionIds: [id], target, overwrite: false, withAssets: true, keepKeyframeMotion: true },
        this.#saving(),
      ),
    );
  }

  async #compareArchives(
    what: string,
    ending: 'oar' | 'iar',
    save: (grid: GridServices, target: string) => Promise<unknown>,
  ): Promise<void> {
    if (this.#live === undefined) return;
    const [ours, theirs] = [join(this.#folder, `scratch.${ending}`), join(this.#folder, `live.${ending}`)];
    try {
      await save(this.#scratch.services, ours);
      await save(this.#live, theirs);
      const { signal } = this.#context;
      const difference = await diffArchives(ours, theirs, { signal, listedPerKind: 10 });
      for (const { what: kind, key, change, details } of difference.differences)
        this.#differ('live', `${what}: ${kind} ${key}`, `${change}; ${details.join('; ')}`);
      this.#comparedLive += 1;
    } finally {
      await rm(ours, { force: true });
      await rm(theirs, { force: true });
    }
  }

  async #compareAsset(id: Uuid): Promise<void> {
    const live = await this.#live?.assets.find(id);
    if (this.#live === undefined || live === undefined) return;
    const bytes = await this.#live.assets.read(id);
    const restored = await this.#scratch.services.assets.find(id);
    this.#comparedLive += 1;
    if (JSON.stringify(live) !== JSON.stringify(restored))
      this.#differ('live', `asset ${id}`, 'its record is another');
    // The live grid's own loss is found by its own verification; here it only cannot be compared.
    if (bytes !== undefined && hash('sha256', bytes) !== restored?.blobId)
      this.#differ('live', `asset ${id}`, 'its content is another');
  }

  #saving(): Parameters<typeof saveRegionArchive>[2] {
    return { jobId: randomUuid(), signal: this.#context.signal, progress: () => undefined };
  }
}

/** What was done, compared and found, in one sentence without its end. */
export function drillText(report: DrillReport): string {
  const { residents, regions, assets, items, objects, differenceCount, comparedLive, leftOut } = report;
  return (
    `${residents.length} residents (${items} items), ${regions.length} regions (${objects} objects) and ${assets} assets, ` +
    `${(report.bytes / 1e6).toFixed(1)} MB, restored in ${(report.restoreTook / 1000).toFixed(1)} s and compared ` +
    `record by record and byte by byte with the backup` +
    `${comparedLive === 0 ? '' : `, ${comparedLive} of them with the living grid too`}, ` +
    `${(report.took / 1000).toFixed(1)} s in all: ` +
    (report.passed ? 'all as they were' : `${differenceCount} DIFFERENCES`) +
    (leftOut === 0 ? '' : `; ${leftOut} more of the sample were left out, for it was large enough`)
  );
}
