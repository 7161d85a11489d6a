/** What a reader of archives gives: entries with their content read and checked, in the order of the archive. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AssetType } from '../assets/asset-kinds.ts';
import type { AssetReference } from '../assets/asset-reference.ts';
import type { ControlFile, RegionSize } from '../documents/control-file.ts';
import type { InventoryItem } from '../documents/inventory-item.ts';
import type { Parcel } from '../documents/parcel.ts';
import type { RegionSettings } from '../documents/region-settings.ts';
import type { SceneObject } from '../documents/scene-object.ts';
import type { TerrainStatistics } from '../documents/terrain.ts';
import type { RegionFile } from './entry-path.ts';

interface EntryBase {
  /** The entry's path, for reports. */
  readonly name: string;
  /** Of its header, in bytes of the tar stream. */
  readonly offset: number;
  /** Bytes of its body. */
  readonly size: number;
}

interface RegionEntry extends EntryBase {
  /** Below `regions/`; '' in an archive of one region. The control file, which may come later, says what it is. */
  readonly regionDir: string;
}

export interface ControlEntry extends EntryBase {
  readonly kind: 'control';
  readonly control: ControlFile;
}

/**
 * Bytes are views of larger chunks where possible: they stay valid, but whoever keeps them for long should copy them.
 */
export interface AssetEntry extends EntryBase {
  readonly kind: 'asset';
  readonly id: Uuid;
  /** -1 (unknown) where the suffix stands for no kind. */
  readonly type: AssetType;
  /** May be empty: a damaged asset, which counts as missing. */
  readonly bytes: Uint8Array;
}

export interface ObjectEntry extends RegionEntry {
  readonly kind: 'object';
  readonly object: SceneObject;
  readonly text: string;
  /** As they are in the archive. */
  readonly bytes: Uint8Array;
}

export interface ParcelEntry extends RegionEntry {
  readonly kind: 'parcel';
  readonly parcel: Parcel;
  readonly references: readonly AssetReference[];
  readonly bytes: Uint8Array;
}

export interface SettingsEntry extends RegionEntry {
  readonly kind: 'settings';
  /** From the file's name, where non-ASCII letters became `?`. */
  readonly regionName: string;
  readonly settings: RegionSettings;
  readonly references: readonly AssetReference[];
  readonly bytes: Uint8Array;
}

export interface TerrainEntry extends RegionEntry {
  readonly kind: 'terrain';
  readonly regionName: string;
  /** Samples, one per metre. */
  readonly terrainSize: RegionSize;
  readonly statistics: TerrainStatistics;
  readonly bytes: Uint8Array;
}

/** One step of a path in an inventory, unescaped. */
export interface PathStep {
  readonly name: string;
  /** As the archive has it; undefined where the segment has none. OpenSimulator makes a new one. */
  readonly id: Uuid | undefined;
}

export interface FolderEntry extends EntryBase {
  readonly kind: 'folder';
  /** From below `inventory/` to the folder itself. */
  readonly path: readonly PathStep[];
}

export interface ItemEntry extends EntryBase {
  readonly kind: 'item';
  /** The folders above it; empty directly below `inventory/`. */
  readonly path: readonly PathStep[];
  readonly item: InventoryItem;
  readonly references: readonly AssetReference[];
  readonly bytes: Uint8Array;
}

/** An entry that is not used; the finding that says why was reported before. */
export interface RefusedEntry extends EntryBase {
  readonly kind: 'refused';
  readonly place: RegionFile | 'control' | 'asset' | 'inventory' | 'other';
  readonly regionDir: string;
  /** Of an asset, when its name says. */
  readonly assetType: AssetType | undefined;
}

/** Nothing that a region or inventory is made of: directory entries of an OAR, `assets.xml`, user profiles. */
export interface IgnoredEntry extends EntryBase {
  readonly kind: 'ignored';
}

export type ArchiveEntry =
  | ControlEntry
  | AssetEntry
  | ObjectEntry
  | ParcelEntry
  | SettingsEntry
  | TerrainEntry
  | FolderEntry
  | ItemEntry
  | RefusedEntry
  | IgnoredEntry;
