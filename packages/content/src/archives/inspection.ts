/** What is gathered while an archive is read, and the report made of it. */
import { AssetTypes } from '../assets/asset-kinds.ts';
import { isBuiltIn } from '../assets/built-in.ts';
import type { ControlFile } from '../documents/control-file.ts';
import { creatorOf } from '../documents/inventory-item.ts';
import type { Identity } from '../documents/object-reading.ts';
import { AssetCensus } from './asset-census.ts';
import { readAssetContent } from './asset-content.ts';
import type {
  AssetEntry,
  ControlEntry,
  FolderEntry,
  ItemEntry,
  ObjectEntry,
  ParcelEntry,
  PathStep,
  RefusedEntry,
  SettingsEntry,
  TerrainEntry,
} from './archive-entry.ts';
import { ArchiveRefusedError } from './findings.ts';
import type { FindingLog, ReportFinding } from './findings.ts';
import type { InspectionReport, PolicyReport } from './inspection-report.ts';
import { InventoryCensus } from './inventory-census.ts';
import { parseCreatorData, PeopleCount } from './people.ts';
import { holderOf, ReferenceGraph } from './reference-graph.ts';
import { resolveReferences } from './resolve-references.ts';
import type { KnownAssets, Resolution, UnreferencedListener } from './resolve-references.ts';
import { RegionCensus } from './region-census.ts';

export class Inspection {
  entries = 0;
  /** Bytes of the tar stream up to the end of the last entry. */
  uncompressed = 0;
  readonly #inventory = new InventoryCensus();
  readonly #find: ReportFinding;
  readonly #graph = new ReferenceGraph();
  readonly #assets: AssetCensus;
  readonly #regions: RegionCensus;
  readonly #creators = new PeopleCount();
  readonly #owners = new PeopleCount();
  readonly #groups = new PeopleCount();
  readonly #policy = { keyframeMotions: 0, scriptStates: 0, halcyonObjects: 0 };
  #control: ControlFile | undefined;
  #hasInventory = false;
  #resolution: Resolution | undefined;

  constructor(report: ReportFinding) {
    this.#find = report;
    this.#assets = new AssetCensus(this.#graph, report);
    this.#regions = new RegionCensus(report);
  }

  control({ control }: ControlEntry): void {
    this.#control = control;
  }

  /** True when the asset has usable bytes and is the first of its id. */
  asset(entry: AssetEntry, sha256: string): boolean {
    const { id, type, bytes, name, offset } = entry;
    this.#inventory.asset();
    this.#assets.count(type, bytes.length);
    const content = readAssetContent(type, bytes);
    for (const problem of content.problems) this.#find({ ...problem, entry: name, offset, ids: [id] });
    if (bytes.length === 0) {
      this.#graph.node(id).damaged = true;
      return false;
    }
    if (!this.#assets.add({ id, type, size: bytes.length, sha256, entry: name, offset })) return false;
    this.#notePolicy(content.policy);
    const holder = holderOf('asset', id, '', name);
    for (const reference of content.references) this.#graph.want(holder, reference);
    return true;
  }

  object(entry: ObjectEntry): void {
    const { object, regionDir, name } = entry;
    this.#regions.count(regionDir, 'objects');
    this.#regions.object(entry);
    this.#notePolicy({
      keyframeMotions: object.hasKeyframeMotion ? 1 : 0,
      scriptStates: object.scriptStateCount,
      halcyonObjects: 0,
    });
    this.#people(object.identities);
    const holder = holderOf('object', object.rootId, object.name, name);
    for (const reference of object.references) this.#graph.want(holder, reference);
  }

  parcel(entry: ParcelEntry): void {
    const { parcel, regionDir, name, references } = entry;
    this.#regions.count(regionDir, 'parcels');
    this.#regions.parcel(entry);
    this.#owners.add(parcel.ownerId);
    this.#groups.add(parcel.groupId);
    const holder = holderOf('parcel', parcel.id, parcel.name, name);
    for (const reference of references) this.#graph.want(holder, reference);
  }

  settings(entry: SettingsEntry): void {
    this.#regions.settings(entry);
    const holder = holderOf('settings', undefined, entry.regionName, entry.name);
    for (const reference of entry.references) this.#graph.want(holder, reference);
  }

  terrain(entry: TerrainEntry): void {
    this.#regions.terrain(entry);
  }

  /** Gives the folders above that no entry announced. */
  item(entry: ItemEntry): readonly (readonly PathStep[])[] {
    this.#hasInventory = true;
    const { item, name, offset, references } = entry;
    const implied = this.#inventory.item(entry);
    this.#owners.add(item.owner);
    this.#groups.add(item.groupId);
    const creator = creatorOf(item);
    const data = parseCreatorData(item.creatorData ?? '');
    this.#creators.add(creator.id, (data.name ?? creator.name)?.slice(0, 200), data.home);
    if (item.assetType === AssetTypes.link || item.assetType === AssetTypes.linkFolder)
      this.#inventory.link({ item: item.id, target: item.assetId, name: item.name, entry: name, offset });
    const holder = holderOf('item', item.id, item.name, name);
    for (const reference of references) this.#graph.want(holder, reference);
    return implied;
  }

  /** Gives the folders above that no entry announced, and whether this one is new. */
  folder(entry: FolderEntry): {
    readonly implied: readonly (readonly PathStep[])[];
    readonly isNew: boolean;
  } {
    this.#hasInventory = true;
    return this.#inventory.folder(entry);
  }

  /** Entries that are not used still count as what they claimed to be. */
  refused(entry: RefusedEntry): void {
    if (entry.place === 'asset') this.#assets.count(entry.assetType ?? AssetTypes.unknown, entry.size);
    else if (entry.place === 'object') this.#regions.count(entry.regionDir, 'objects');
    else if (entry.place === 'parcel') this.#regions.count(entry.regionDir, 'parcels');
    else if (entry.place === 'inventory') this.#hasInventory = true;
  }

  #people(identities: readonly Identity[]): void {
    for (const { role, id, creatorData } of identities) {
      if (role === 'creator') {
        const data = parseCreatorData(creatorData);
        this.#creators.add(id, data.name, data.home);
      } else if (role === 'owner') this.#owners.add(id);
      else if (role === 'group') this.#groups.add(id);
    }
  }

  #notePolicy(policy: PolicyReport): void {
    this.#policy.keyframeMotions += policy.keyframeMotions;
    this.#policy.scriptStates += policy.scriptStates;
    this.#policy.halcyonObjects += policy.halcyonObjects;
  }

  /** The checks that need all entries. Throws ArchiveRefusedError. */
  finish(): void {
    if (this.#hasInventory && !this.#regions.isEmpty)
      this.#find({
        rule: 'C5',
        severity: 'warning',
        message: 'the archive holds inventory entries and files of regions',
      });
    if (this.#control === undefined) {
      if (!this.#hasInventory) throw new ArchiveRefusedError('C2', 'no control file archive.xml: not an OAR');
      this.#find({ rule: 'C2', severity: 'warning', message: 'no control file archive.xml' });
    }
    if (this.#kind() === 'oar' && this.#control !== undefined) this.#regions.check(this.#control);
  }

  async resolve(
    known: KnownAssets | undefined,
    onUnreferenced: UnreferencedListener | undefined,
  ): Promise<void> {
    this.#resolution = await resolveReferences(this.#graph, {
      ...{ known, onUnreferenced },
      find: this.#find,
      isBuiltIn,
      withoutAssets: this.#control?.assetsIncluded === false && this.#assets.isEmpty,
    });
  }

  #kind(): 'oar' | 'iar' | 'unknown' {
    if (!this.#regions.isEmpty) return 'oar';
    if (this.#hasInventory) return 'iar';
    if (this.#control === undefined) return 'unknown';
    // Only the control file of an OAR has a date.
    return this.#control.savedAt === undefined && !this.#control.isMultiRegion ? 'iar' : 'oar';
  }

  report(log: FindingLog, refusal: ArchiveRefusedError | undefined, compressed: number): InspectionReport {
    const control = this.#control;
    const kind = this.#kind();
    const inventory = kind === 'iar' ? this.#inventory.report(this.#find) : undefined;
    const isClean = log.count('error') + log.count('warning') === 0;
    return {
      kind,
      verdict: refusal !== undefined ? 'refuse' : isClean ? 'accept' : 'warn',
      refusal: refusal && {
        rule: refusal.rule,
        entry: refusal.entry,
        offset: refusal.offset,
        message: refusal.detail,
      },
      version: control && `${control.majorVersion}.${control.minorVersion}`,
      savedAt: control?.savedAt === undefined ? undefined : new Date(control.savedAt * 1000).toISOString(),
      assetsIncluded: control?.assetsIncluded,
      bytes: { compressed, uncompressed: this.uncompressed },
      entries: this.entries,
      entriesRefused: log.entriesRefused,
      regions:
        kind === 'oar' && control !== undefined
          ? control.regions.map((region) => this.#regions.report(region, control.isMultiRegion))
          : [],
      objects: this.#regions.total('objects'),
      parts: this.#regions.total('parts'),
      scripts: this.#regions.total('scripts'),
      parcels: this.#regions.total('parcels'),
      assets: this.#assets.report(this.#resolution?.knownToGrid),
      inventory,
      references: this.#resolution?.references ?? noReferences,
      people: {
        creators: this.#creators.report(),
        owners: this.#owners.report(),
        groups: this.#groups.report(),
      },
      policy: { ...this.#policy },
      findings: log.kept,
      findingCounts: log.counts,
    };
  }
}

const noReferences: InspectionReport['references'] = {
  missing: 0,
  missingList: [],
  satisfiedByGrid: 0,
  uncertain: 0,
  unreferenced: 0,
  unreferencedList: [],
};
