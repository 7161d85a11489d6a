/** A whole region archive of a made world, of any size, as OpenSimulator lays it out. */
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveAsset } from '@gridkeep/content/archives/asset-entries';
import type { OarObjectContent } from '@gridkeep/content/archives/oar-writer';
import { writeOar } from '@gridkeep/content/archives/oar-writer';
import { AssetTypes, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { writeRegionControl } from '@gridkeep/content/documents/control-file';
import { defaultParcel } from '@gridkeep/content/documents/parcel';
import { writeParcel } from '@gridkeep/content/documents/parcel-xml';
import { defaultRegionSettings } from '@gridkeep/content/documents/region-settings';
import { writeRegionSettings } from '@gridkeep/content/documents/region-settings-xml';
import type { Uuid } from '@gridkeep/wire/uuid';
import { WorldAssets } from './assets.ts';
import { worldObject } from './objects.ts';
import { Random, seededUuid } from './random.ts';

export interface WorldOar {
  readonly path: string;
  readonly assets: number;
  /** Of the assets, uncompressed. */
  readonly assetBytes: number;
  readonly objects: number;
  /** Of the file. */
  readonly bytes: number;
}

const assetsPerObject = 6;
const side = 256;

export interface WorldOarOptions {
  /** Of the assets on day 0. */
  readonly assetBytes: number;
  readonly seed?: number;
  /** The world so many days later: each day one percent of the linksets is moved and one percent of assets is added. */
  readonly day?: number;
}

const dailyShare = 0.01;

/** Writes assets until they reach the size; a linkset for every six of them. */
export async function writeWorldOar(path: string, options: WorldOarOptions): Promise<WorldOar> {
  const { seed = 1, day = 0 } = options;
  const world = new WorldAssets(seed);
  // The size of an asset follows from its index, so a dry walk tells how many are needed.
  const meanBytes = 65_000;
  const first = Math.max(8, Math.round(options.assetBytes / meanBytes));
  const assets = first + day * Math.ceil(first * dailyShare);
  const objects = Math.max(1, Math.floor(assets / assetsPerObject));
  let assetBytes = 0;
  async function* assetEntries(): AsyncGenerator<ArchiveAsset> {
    for (let index = 0; index < assets; index += 1) {
      const { id, type, bytes } = world.at(index);
      assetBytes += bytes.length;
      yield await Promise.resolve({ id, type: parseAssetType(type) ?? AssetTypes.unknown, bytes });
    }
  }
  const content = writeOar(
    {
      control: writeRegionControl(
        { id: seededUuid(seed, 'region', 0), size: { x: side, y: side } },
        { savedAt: 1_760_000_000, assetsIncluded: true },
      ),
      regions: [
        {
          name: 'Measured',
          dir: '',
          settings: writeRegionSettings(defaultRegionSettings),
          parcels: [parcel(seed)],
          terrain: terrain(),
          objects: objectEntries({ world, seed, day, assets, objects }),
        },
      ],
      assets: assetEntries(),
    },
    { level: 1 },
  );
  await pipeline(Readable.from(content), createWriteStream(path));
  return { path, assets, assetBytes, objects, bytes: (await stat(path)).size };
}

function parcel(seed: number): { readonly id: Uuid; readonly xml: Uint8Array } {
  const id = seededUuid(seed, 'parcel', 0);
  const bitmap = new Uint8Array((side / 4) ** 2 / 8).fill(255);
  return { id, xml: writeParcel({ ...defaultParcel, id, name: 'Measured', area: side * side, bitmap }) };
}

function terrain(): Uint8Array {
  const heights = new Float32Array(side * side).map((_, index) => 20 + 4 * Math.sin(index / 700));
  return new Uint8Array(heights.buffer);
}

interface ObjectsOfDay {
  readonly world: WorldAssets;
  readonly seed: number;
  readonly day: number;
  readonly assets: number;
  readonly objects: number;
}

/** How often a linkset was moved until that day. */
function movesUntil(day: number, seed: number, index: number): number {
  let moves = 0;
  for (let at = 1; at <= day; at += 1)
    if (new Random(seed * 7_919 + at * 104_729 + index).next() < dailyShare) moves += 1;
  return moves;
}

function* objectEntries({ world, seed, day, assets, objects }: ObjectsOfDay): Generator<OarObjectContent> {
  const people = Array.from({ length: 40 }, (_, index) => seededUuid(seed, 'person', index));
  for (let index = 0; index < objects; index += 1) {
    const random = new Random(seed * 1_000_003 + index + movesUntil(day, seed, index) * 15_485_863);
    const near = Array.from({ length: assetsPerObject }, (_, n) => (index * assetsPerObject + n) % assets);
    const kinds = near.map((at) => world.kindAt(at));
    const textures = kinds.filter((kind) => kind.type === 0).map((kind) => kind.id);
    const scripts = kinds.filter((kind) => kind.type === 10).map((kind) => kind.id);
    yield worldObject({ seed, index, random, textures, scripts, people });
  }
}
