/** What is known of an archive after it was read once. Plain data: JSON.stringify gives all of it. */
import type { AssetType } from '../assets/asset-kinds.ts';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Finding, FindingCount, RuleCode } from './findings.ts';

export interface InspectionReport {
  /** 'unknown' when the archive was refused before that could be told. */
  readonly kind: 'oar' | 'iar' | 'unknown';
  /**
   * 'refuse': nothing may be used, `refusal` says why. 'warn': usable, but `findings` holds errors or warnings (entries
   * that are not used among them). 'accept': nothing but remarks.
   */
  readonly verdict: 'accept' | 'warn' | 'refuse';
  readonly refusal: Refusal | undefined;
  /** Of the control file, such as "0.8" or "1.0". */
  readonly version: string | undefined;
  /** ISO 8601; OARs only. */
  readonly savedAt: string | undefined;
  /** What the control file claims; the truth is in `references`. */
  readonly assetsIncluded: boolean | undefined;
  /** Bytes of the file and of the tar stream in it, as far as they were read. */
  readonly bytes: { readonly compressed: number; readonly uncompressed: number };
  /** Tar entries, directories included; long names are not counted by themselves. */
  readonly entries: number;
  /** Entries (or what they held) that are not used; each stands in `findings` as an error, up to the bound there. */
  readonly entriesRefused: number;
  /** One for each region of the control file; a single-region archive has one. Empty for an IAR. */
  readonly regions: readonly RegionReport[];
  /** Linksets: entries below `objects/`, refused ones included. */
  readonly objects: number;
  /** Prims of the objects that could be read. */
  readonly parts: number;
  /** Scripts (inventory type 10) in those prims. */
  readonly scripts: number;
  readonly parcels: number;
  readonly assets: AssetsReport;
  /** IARs only. */
  readonly inventory: InventoryReport | undefined;
  readonly references: ReferencesReport;
  readonly people: PeopleReport;
  readonly policy: PolicyReport;
  /** The first of each rule and severity, in the order they were found. */
  readonly findings: readonly Finding[];
  /** Exact. */
  readonly findingCounts: readonly FindingCount[];
}

export interface Refusal {
  readonly rule: RuleCode;
  readonly entry: string | undefined;
  /** Bytes of the uncompressed stream, at the entry's header. */
  readonly offset: number | undefined;
  readonly message: string;
}

export interface RegionReport {
  /** From the name of its settings or terrain file; archives hold it nowhere else. */
  readonly name: string | undefined;
  /** Below `regions/`; '' in an archive of one region. */
  readonly dir: string;
  readonly id: Uuid | undefined;
  /** Where it lies in the rectangle of a multi-region archive, in units of 256 m from the south-west, from 0. */
  readonly position: { readonly x: number; readonly y: number } | undefined;
  /** Metres. */
  readonly size: { readonly x: number; readonly y: number };
  readonly objects: number;
  readonly parts: number;
  readonly scripts: number;
  readonly parcels: number;
  readonly hasSettings: boolean;
  /** Samples; absent when the archive has no usable terrain for it. */
  readonly terrain:
    | { readonly width: number; readonly height: number; readonly lowest: number; readonly highest: number }
    | undefined;
  /** Around the root positions of its objects, metres. */
  readonly objectBounds:
    | { readonly min: readonly [number, number, number]; readonly max: readonly [number, number, number] }
    | undefined;
}

export interface AssetsReport {
  /** Entries below `assets/`, by the kind their names say; refused ones included. 'Unknown' where the name says none. */
  readonly byKind: readonly AssetKindCount[];
  readonly count: number;
  readonly bytes: number;
  /** Distinct ids with usable bytes. */
  readonly usable: number;
  /** Bytes of distinct contents among the usable ones. */
  readonly uniqueBytes: number;
  /** Ids whose bytes another id before has, too. */
  readonly sameBytes: number;
  /** Entries that repeat an id with the same bytes. */
  readonly repeated: number;
  /** Entries that repeat an id with other bytes: the first counts. */
  readonly conflicts: number;
  readonly conflictList: readonly AssetConflict[];
  /** Of the usable ids: those the grid has already; undefined when nobody was asked. */
  readonly knownToGrid: number | undefined;
}

export interface AssetKindCount {
  readonly type: AssetType;
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

export interface AssetConflict {
  readonly id: Uuid;
  /** SHA-256 of the bytes that count and of those that do not, hexadecimal. */
  readonly kept: string;
  readonly other: string;
  readonly entry: string;
}

export interface InventoryReport {
  /** Items, links included. */
  readonly items: number;
  /**
   * Directories that hold an item or a directory, `inventory/` itself among them.
   */
  readonly folders: number;
  /** Directories that hold nothing. */
  readonly emptyFolders: number;
  /** Links to items and to folders. */
  readonly links: number;
  /** Links whose target is not in the archive: OpenSimulator drops them. */
  readonly danglingLinks: number;
  /** True when OpenSimulator would abort the load: an asset stands before an inventory entry. */
  readonly outOfOrder: boolean;
}

export interface ReferencesReport {
  /** References from structure (not text) that nothing satisfies: neither archive, viewer, nor the grid that was asked. */
  readonly missing: number;
  /** The first of them. */
  readonly missingList: readonly MissingAsset[];
  /** Of the certain references that the archive cannot satisfy: those the grid has. */
  readonly satisfiedByGrid: number;
  /** Ids found in text that are no asset here: mostly avatars, groups, channels. */
  readonly uncertain: number;
  /** Usable assets that nothing in the archive names. */
  readonly unreferenced: number;
  readonly unreferencedList: readonly Uuid[];
}

export interface MissingAsset {
  readonly id: Uuid;
  /** What the place wants; undefined where any kind may stand. */
  readonly type: AssetType | undefined;
  /** True when the archive has it, but without bytes. */
  readonly damaged: boolean;
  /** How many objects, items or assets want it. */
  readonly wantedCount: number;
  /** The first of them. */
  readonly wantedBy: readonly Wanter[];
}

/** Who names an asset. */
export interface Wanter {
  readonly kind: 'object' | 'item' | 'asset' | 'settings' | 'parcel';
  readonly id: Uuid | undefined;
  readonly name: string;
  readonly entry: string;
  /** The place in it: `part 2/Shape/TextureEntry face 0`. */
  readonly where: string;
  /** For an asset: who names that one in turn, up to an object or item. */
  readonly holders: readonly string[];
}

export interface PeopleReport {
  readonly creators: People;
  readonly owners: People;
  readonly groups: People;
}

export interface People {
  /** Distinct ones. */
  readonly count: number;
  /** The first of them, with how many objects, parcels or items name them. */
  readonly list: readonly Person[];
}

export interface Person {
  readonly id: Uuid | undefined;
  /** From `ospa:` names and creator data. */
  readonly name: string | undefined;
  /** The home grid that creator data names. */
  readonly home: string | undefined;
  readonly count: number;
}

/** What is kept as bytes but never trusted nor given to a simulator. */
export interface PolicyReport {
  readonly keyframeMotions: number;
  readonly scriptStates: number;
  /** Binary objects of Halcyon, which OpenSimulator cannot load. */
  readonly halcyonObjects: number;
}
