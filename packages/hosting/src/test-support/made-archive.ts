/** A region archive of a chosen size, made for a test: every object shows a texture of its own. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveAsset } from '@gridkeep/content/archives/asset-entries';
import { writeOar } from '@gridkeep/content/archives/oar-writer';
import type { OarObjectContent } from '@gridkeep/content/archives/oar-writer';
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

export async function makeOar(
  path: string,
  count: number,
  assetBytes: number,
  people: MadePeople = nobody,
): Promise<MadeArchive> {
  const objects = new Map<Uuid, Uuid>();
  const assets = new Map<Uuid, Uint8Array>();
  for (let index = 0; index < count; index += 1) {
    const texture = randomUuid();
    assets.set(texture, randomBytes(assetBytes));
    objects.set(randomUuid(), texture);
  }
  const content = writeOar({
    control: writeRegionControl(
      { id: randomUuid(), size: { x: 256, y: 256 } },
      { savedAt: 1_760_000_000, assetsIncluded: true },
    ),
    regions: [
      {
        ...{ name: 'Made', dir: '', settings: undefined, parcels: [], terrain: undefined },
        objects: [...objects].map(([id, texture]) => objectContent(id, texture, people)),
      },
    ],
    assets: [...assets].map(([id, bytes]): ArchiveAsset => ({ id, type: AssetTypes.texture, bytes })),
  });
  await pipeline(Readable.from(content), createWriteStream(path));
  return { objects: new Set(objects.keys()), assets };
}

function objectContent(id: Uuid, texture: Uuid, people: MadePeople): OarObjectContent {
  const xml = Buffer.from(objectXml(id, texture, people));
  return { id, name: 'Box', position: { x: 10, y: 20, z: 30 }, xml };
}

function objectXml(id: Uuid, texture: Uuid, { owner, creator }: MadePeople): string {
  const entry = Buffer.concat([uuidToBytes(texture), Buffer.alloc(64)]).toString('base64');
  const uuid = (name: string, value: string): string => `<${name}><UUID>${value}</UUID></${name}>`;
  const vector = (name: string, x: number, y: number, z: number): string =>
    `<${name}><X>${x}</X><Y>${y}</Y><Z>${z}</Z></${name}>`;
  return (
    `<SceneObjectGroup><SceneObjectPart>${uuid('CreatorID', creator)}${uuid('UUID', id)}<LocalId>1</LocalId>` +
    `<Name>Box</Name>${vector('GroupPosition', 10, 20, 30)}${vector('OffsetPosition', 0, 0, 0)}` +
    `<RotationOffset><X>0</X><Y>0</Y><Z>0</Z><W>1</W></RotationOffset>` +
    `<Shape><ProfileCurve>1</ProfileCurve><TextureEntry>${entry}</TextureEntry><PathCurve>16</PathCurve>` +
    `<PathScaleX>100</PathScaleX><PathScaleY>100</PathScaleY><PCode>9</PCode></Shape>` +
    `${vector('Scale', 0.5, 0.5, 0.5)}${uuid('OwnerID', owner)}</SceneObjectPart><OtherParts /></SceneObjectGroup>`
  );
}
