/** From the bytes of an entry to its typed content. A DocumentError means: this entry is not used. */
import { DocumentError } from '../documents/document-error.ts';
import type { DocumentFinding } from '../documents/document-error.ts';
import type { RegionSize } from '../documents/control-file.ts';
import { decodeDocument } from '../documents/document-text.ts';
import { parseInventoryItem } from '../documents/inventory-item.ts';
import { parseParcel } from '../documents/parcel-xml.ts';
import { parseRegionSettings } from '../documents/region-settings-xml.ts';
import { parseSceneObject } from '../documents/scene-object.ts';
import { decodeTerrain, terrainSizeOf } from '../documents/terrain.ts';
import type {
  ItemEntry,
  ObjectEntry,
  ParcelEntry,
  PathStep,
  SettingsEntry,
  TerrainEntry,
} from './archive-entry.ts';

export interface ReadContext {
  /** Of the control file, as far as it was read before. */
  readonly sizeOf: (regionDir: string) => RegionSize | undefined;
  readonly find: (finding: DocumentFinding) => void;
}

interface Base {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

interface Place {
  readonly regionDir: string;
  /** What follows the folder. */
  readonly file: string;
}

const smallestRegion: RegionSize = { x: 256, y: 256 };

export function readObjectEntry(
  base: Base,
  { regionDir }: Place,
  bytes: Uint8Array,
  context: ReadContext,
): ObjectEntry {
  const { text, replaced } = decodeDocument(bytes);
  if (replaced)
    context.find({
      rule: 'O1',
      severity: 'warning',
      field: '',
      message: 'bytes that are not UTF-8 were read as U+FFFD; the original is kept',
    });
  const regionSize = context.sizeOf(regionDir);
  const object = parseSceneObject(text, regionSize === undefined ? {} : { regionSize });
  object.findings.forEach(context.find);
  return { ...base, kind: 'object', regionDir, object, text, bytes };
}

export function readParcelEntry(
  base: Base,
  { regionDir }: Place,
  bytes: Uint8Array,
  context: ReadContext,
): ParcelEntry {
  const { parcel, references, findings } = parseParcel(bytes);
  findings.forEach(context.find);
  return { ...base, kind: 'parcel', regionDir, parcel, references, bytes };
}

export function readSettingsEntry(
  base: Base,
  { regionDir, file }: Place,
  bytes: Uint8Array,
  context: ReadContext,
): SettingsEntry {
  const { settings, references, findings } = parseRegionSettings(bytes);
  findings.forEach(context.find);
  return {
    ...base,
    kind: 'settings',
    regionDir,
    regionName: withoutSuffix(file),
    settings,
    references,
    bytes,
  };
}

export function readTerrainEntry(
  base: Base,
  { regionDir, file }: Place,
  bytes: Uint8Array,
  context: ReadContext,
): TerrainEntry {
  if (!/\.r32$/i.test(file)) throw new DocumentError('R2', '', 'only terrain of the kind .r32 can be read');
  // Before the control file came only the length can tell the size; it is compared with the control file at the end.
  const size = context.sizeOf(regionDir) ?? terrainSizeOf(bytes.length, smallestRegion);
  if (size === undefined)
    throw new DocumentError('R2', '', `${bytes.length} bytes are no terrain of a square region`);
  const { statistics } = decodeTerrain(bytes, size);
  if (statistics.replaced > 0)
    context.find({
      rule: 'R2',
      severity: 'warning',
      field: '',
      message: `${statistics.replaced} heights are no finite numbers`,
    });
  if (statistics.outOfRange > 0)
    context.find({
      rule: 'R2',
      severity: 'warning',
      field: '',
      message: `${statistics.outOfRange} heights are below -100 m or above 4000 m`,
    });
  return {
    ...base,
    kind: 'terrain',
    regionDir,
    regionName: withoutSuffix(file),
    terrainSize: size,
    statistics,
    bytes,
  };
}

export function readItemEntry(
  base: Base,
  path: readonly PathStep[],
  bytes: Uint8Array,
  context: ReadContext,
): ItemEntry {
  const { item, references, findings } = parseInventoryItem(bytes);
  findings.forEach(context.find);
  return { ...base, kind: 'item', path, item, references, bytes };
}

function withoutSuffix(file: string): string {
  const dot = file.lastIndexOf('.');
  return dot < 0 ? file : file.slice(0, dot);
}
