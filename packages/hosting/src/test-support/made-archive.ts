/** A region archive of a chosen size, made for a test: every object shows a texture of its own. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveAsset } from '@gridkeep/content/archives/asset-entries';
import { writeOar } from '@gridkeep/content/archives/oar-writer';
import type { OarObjectContent, OarParcelContent } from '@gridkeep/content/archives/oar-writer';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { writeRegionControl } from '@gridkeep/content/documents/control-file';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid, uuidToBytes, zeroUuid } from '@gridkeep/wire/uuid';

export interface MadeArchive {
  readonly objects: ReadonlySet<Uuid>;
  readonly assets: ReadonlyMap<Uuid, Uint8Array>;
}

/** Whom the objects' documents name. */
export interface MadePeople {
  readonly owner: Uuid;
  readonly creator: Uuid;
}

const nobody: MadePeople = { owner: zeroUuid, creator: zeroUuid };

export interface MadeObject {
  readonly id: Uuid;
  readonly texture: Uuid;
  readonly name: string;
}

/** What stands in an archive of one region. */
export interface MadeRegion {
  readonly name: string;
  readonly objects: readonly MadeObject[];
  readonly assets: ReadonlyMap<Uuid, Uint8Array>;
  /** Samples as in `.r32`. */
  readonly terrain?: Uint8Array;
  readonly settings?: Uint8Array;
  readonly parcels?: readonly OarParcelContent[];
  readonly people?: MadePeople;
}

export async function makeOar(
  path: string,
  count: number,
  assetBytes: number,
  people: MadePeople = nobody,
): Promise<MadeArchive> {
  const objects: MadeObject[] = [];
  const assets = new Map<Uuid, Uint8Array>();
  for (let index = 0; index < count; index += 1) {
    const texture = randomUuid();
    assets.set(texture, randomBytes(assetBytes));
    objects.push({ id: randomUuid(), texture, name: 'Box' });
  }
  await writeMadeOar(path, { name: 'Made', objects, assets, people });
  return { objects: new Set(objects.map(({ id }) => id)), assets };
}

export async function writeMadeOar(path: string, region: MadeRegion): Promise<void> {
  const { name, objects, assets, settings, terrain, parcels = [], people = nobody } = region;
  const content = writeOar({
    control: writeRegionControl(
      { id: randomUuid(), size: { x: 256, y: 256 } },
      { savedAt: 1_760_000_000, assetsIncluded: true },
    ),
    regions: [
      {
        ...{ name, dir: '', settings, parcels, terrain },
        objects: objects.map((object) => objectContent(object, people)),
      },
    ],
    assets: [...assets].map(([id, bytes]): ArchiveAsset => ({ id, type: AssetTypes.texture, bytes })),
  });
  await pipeline(Readable.from(content), createWriteStream(path));
}

function objectContent({ id, name, texture }: MadeObject, people: MadePeople): OarObjectContent {
  const xml = Buffer.from(objectXml(id, name, texture, people));
  return { id, name, position: { x: 10, y: 20, z: 30 }, xml };
}

function objectXml(id: Uuid, name: string, texture: Uuid, { owner, creator }: MadePeople): string {
  const entry = Buffer.concat([uuidToBytes(texture), Buffer.alloc(64)]).toString('base64');
  const uuid = (element: string, value: string): string => `<${element}><UUID>${value}</UUID></${element}>`;
  const vector = (element: string, x: number, y: number, z: number): string =>
    `<${element}><X>${x}</X><Y>${y}</Y><Z>${z}</Z></${element}>`;
  return (
    `<SceneObjectGroup><SceneObjectPart>${uuid('CreatorID', creator)}${uuid('UUID', id)}<LocalId>1</LocalId>` +
    `<Name>${name}</Name>${vector('GroupPosition', 10, 20, 30)}${vector('OffsetPosition', 0, 0, 0)}` +
    `<RotationOffset><X>0</X><Y>0</Y><Z>0</Z><W>1</W></RotationOffset>` +
    `<Shape><ProfileCurve>1</ProfileCurve><TextureEntry>${entry}</TextureEntry><PathCurve>16</PathCurve>` +
    `<PathScaleX>100</PathScaleX><PathScaleY>100</PathScaleY><PCode>9</PCode></Shape>` +
    `${vector('Scale', 0.5, 0.5, 0.5)}${uuid('OwnerID', owner)}</SceneObjectPart><OtherParts /></SceneObjectGroup>`
  );
}
