/** Region archives that OpenSimulator loads: one region at the root, or several below `regions/`; then the assets. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { assetEntries } from './asset-entries.ts';
import type { ArchiveAsset, Source } from './asset-entries.ts';
import { objectEntryName, parcelEntryName, settingsEntryName, terrainEntryName } from './entry-names.ts';
import type { Position } from './entry-names.ts';
import { compress } from './gzip-stream.ts';
import type { CompressionOptions } from './gzip-stream.ts';
import { writeTar } from './tar-writer.ts';
import type { TarContent } from './tar-writer.ts';

export interface OarParcelContent {
  readonly id: Uuid;
  readonly xml: Uint8Array;
}

export interface OarObjectContent {
  /** Of the root part. */
  readonly id: Uuid;
  readonly name: string;
  /** Metres in the region. */
  readonly position: Position;
  readonly xml: Uint8Array;
}

export interface OarRegionContent {
  readonly name: string;
  /** Below `regions/`, exactly as the control file has it (`regionDirectory` makes one); '' in an archive of one region. */
  readonly dir: string;
  readonly settings: Uint8Array | undefined;
  readonly parcels: Source<OarParcelContent>;
  /** Samples as in `.r32`: f32 little-endian, south first. */
  readonly terrain: Uint8Array | undefined;
  readonly objects: Source<OarObjectContent>;
}

export interface OarContent {
  /** The whole of archive.xml, as `writeRegionControl` or `writeMultiRegionControl` make it. */
  readonly control: Uint8Array;
  readonly regions: Source<OarRegionContent>;
  /** Asked for after the last region was written. */
  readonly assets: Source<ArchiveAsset>;
}

/** The bytes of the `.oar`; content is asked for as the reader takes them. */
export function writeOar(
  content: OarContent,
  options: CompressionOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  return compress(writeTar(oarEntries(content)), options);
}

async function* oarEntries(content: OarContent): AsyncGenerator<TarContent, void, void> {
  yield { name: 'archive.xml', bytes: content.control };
  for await (const region of content.regions) yield* regionEntries(region);
  yield* assetEntries(content.assets);
}

async function* regionEntries(region: OarRegionContent): AsyncGenerator<TarContent, void, void> {
  const base = region.dir === '' ? '' : `regions/${region.dir}/`;
  if (region.settings !== undefined)
    yield { name: base + settingsEntryName(region.name), bytes: region.settings };
  for await (const parcel of region.parcels)
    yield { name: base + parcelEntryName(parcel.id), bytes: parcel.xml };
  if (region.terrain !== undefined)
    yield { name: base + terrainEntryName(region.name), bytes: region.terrain };
  for await (const object of region.objects)
    yield { name: base + objectEntryName(object.name, object.position, object.id), bytes: object.xml };
}
