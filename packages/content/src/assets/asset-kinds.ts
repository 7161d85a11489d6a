/**
 * The kinds of assets: their numbers on the wire and in the databases, names, content types and limits.
 * Numbers are those of OpenMetaverse's AssetType and the viewers' llassettype.h.
 */

/** Every asset type that OpenSimulator knows; 4, 40 and 45 exist in viewers only. */
export const AssetTypes = {
  osMaterial: -2,
  unknown: -1,
  texture: 0,
  sound: 1,
  callingCard: 2,
  landmark: 3,
  clothing: 5,
  object: 6,
  notecard: 7,
  folder: 8,
  lslText: 10,
  lslBytecode: 11,
  textureTga: 12,
  bodypart: 13,
  soundWav: 17,
  imageTga: 18,
  imageJpeg: 19,
  animation: 20,
  gesture: 21,
  simstate: 22,
  link: 24,
  linkFolder: 25,
  marketplaceFolder: 26,
  mesh: 49,
  settings: 56,
  material: 57,
  gltf: 58,
  gltfBinary: 59,
} as const;

export type AssetType = (typeof AssetTypes)[keyof typeof AssetTypes];

export interface AssetKind {
  readonly type: AssetType;
  /** As in tables and messages for people: `Texture`. */
  readonly name: string;
  /** As in exported inventory files of viewers and in notecards: `animatn`; undefined where viewers have none. */
  readonly textName: string | undefined;
  /** What Robust's asset service sends; not unique, see `assetTypeOfContentType`. */
  readonly contentType: string;
  /** In archives, after the last underscore of the name: `texture.jp2` has `texture` before the dot; undefined where none exists. */
  readonly archiveSuffix: string | undefined;
  /** Largest size that is accepted from outside. */
  readonly bytesMax: number;
  /** Whether its bytes can name other assets. */
  readonly holdsReferences: boolean;
  /** Whether another compression is a waste of time. */
  readonly alreadyCompressed: boolean;
}

const KiB = 1024;
const MiB = 1024 * KiB;

const unnamedContentType = 'application/octet-stream';

type Traits = 'references' | 'compressed' | 'plain';

function kind(
  type: AssetType,
  name: string,
  textName: string | undefined,
  contentType: string,
  archiveSuffix: string | undefined,
  bytesMax: number,
  traits: Traits = 'plain',
): AssetKind {
  return {
    type,
    name,
    textName,
    contentType,
    archiveSuffix,
    bytesMax,
    holdsReferences: traits === 'references',
    alreadyCompressed: traits === 'compressed',
  };
}

/**
 * Content types: OpenSimulator's SLUtil.cs; suffixes: its ArchiveConstants.cs.
 * OpenSimulator refuses object assets of more than 10 million characters; the other limits are ours, well above what viewers upload.
 */
export const assetKinds: readonly AssetKind[] = [
  kind(-2, 'OSMaterial', undefined, 'application/llsd+xml', 'material.xml', 256 * KiB, 'references'),
  kind(-1, 'Unknown', undefined, unnamedContentType, undefined, 16 * MiB),
  kind(0, 'Texture', 'texture', 'image/x-j2c', 'texture.jp2', 16 * MiB, 'compressed'),
  kind(1, 'Sound', 'sound', 'audio/ogg', 'sound.ogg', 2 * MiB, 'compressed'),
  kind(2, 'CallingCard', 'callcard', 'application/vnd.ll.callingcard', 'callingcard.txt', 256 * KiB),
  kind(3, 'Landmark', 'landmark', 'application/vnd.ll.landmark', 'landmark.txt', 256 * KiB),
  kind(5, 'Clothing', 'clothing', 'application/vnd.ll.clothing', 'clothing.txt', 256 * KiB, 'references'),
  kind(6, 'Object', 'object', 'application/vnd.ll.primitive', 'object.xml', 10_000_000, 'references'),
  kind(7, 'Notecard', 'notecard', 'application/vnd.ll.notecard', 'notecard.txt', 256 * KiB, 'references'),
  kind(8, 'Folder', 'category', 'application/vnd.ll.folder', 'folder.txt', 256 * KiB),
  kind(10, 'LSLText', 'lsltext', 'application/vnd.ll.lsltext', 'script.lsl', 256 * KiB, 'references'),
  kind(11, 'LSLBytecode', 'lslbyte', 'application/vnd.ll.lslbyte', 'bytecode.lso', 256 * KiB),
  kind(12, 'TextureTGA', 'txtr_tga', 'image/tga', 'texture.tga', 16 * MiB),
  kind(13, 'Bodypart', 'bodypart', 'application/vnd.ll.bodypart', 'bodypart.txt', 256 * KiB, 'references'),
  kind(17, 'SoundWAV', 'snd_wav', 'audio/x-wav', 'sound.wav', 4 * MiB),
  kind(18, 'ImageTGA', 'img_tga', 'image/tga', 'image.tga', 16 * MiB),
  kind(19, 'ImageJPEG', 'jpeg', 'image/jpeg', 'image.jpg', 16 * MiB, 'compressed'),
  kind(20, 'Animation', 'animatn', 'application/vnd.ll.animation', 'animation.bvh', 2 * MiB),
  kind(21, 'Gesture', 'gesture', 'application/vnd.ll.gesture', 'gesture.txt', 256 * KiB, 'references'),
  kind(22, 'Simstate', 'simstate', 'application/x-metaverse-simstate', 'simstate.bin', 16 * MiB),
  kind(24, 'Link', 'link', 'application/vnd.ll.link', undefined, 0),
  kind(25, 'LinkFolder', 'link_f', 'application/vnd.ll.linkfolder', undefined, 0),
  kind(26, 'MarketplaceFolder', undefined, unnamedContentType, undefined, 0),
  kind(49, 'Mesh', 'mesh', 'application/vnd.ll.mesh', 'mesh.llmesh', 16 * MiB, 'compressed'),
  kind(56, 'Settings', 'settings', unnamedContentType, 'settings.bin', 1 * MiB, 'references'),
  kind(57, 'Material', 'material', 'application/llsd+xml', 'prmat.dat', 256 * KiB, 'references'),
  kind(58, 'glTF', 'gltf', unnamedContentType, undefined, 16 * MiB),
  kind(59, 'glTFBinary', 'glbin', unnamedContentType, undefined, 16 * MiB),
];

const kindOfNumber: ReadonlyMap<number, AssetKind> = new Map(assetKinds.map((entry) => [entry.type, entry]));

/** The typed number, or undefined for a number that stands for no kind of asset. */
export function parseAssetType(value: number): AssetType | undefined {
  return kindOfNumber.get(value)?.type;
}

export function assetKind(type: AssetType): AssetKind {
  const found = kindOfNumber.get(type);
  if (found === undefined) throw new RangeError(`asset type ${type} has no kind`);
  return found;
}

const typeOfContentType = new Map<string, AssetType>();
for (const entry of assetKinds) {
  if (entry.type !== AssetTypes.osMaterial && !typeOfContentType.has(entry.contentType))
    typeOfContentType.set(entry.contentType, entry.type);
  if (entry.contentType.startsWith('application/vnd.ll.')) {
    const old = entry.contentType.replace('vnd.ll.', 'x-metaverse-');
    typeOfContentType.set(old, entry.type);
  }
}
typeOfContentType.set('image/jp2', AssetTypes.texture);
typeOfContentType.set('application/ogg', AssetTypes.sound);

/**
 * As Robust maps it back: `application/llsd+xml` is a material (57), though OSMaterial (-2) has it too, and
 * `application/octet-stream` is unknown (-1). Case and parameters after `;` do not matter. Undefined for a foreign type.
 */
export function assetTypeOfContentType(contentType: string): AssetType | undefined {
  const end = contentType.indexOf(';');
  const bare = end < 0 ? contentType : contentType.slice(0, end);
  return typeOfContentType.get(bare.trim().toLowerCase());
}

const typeOfTextName: ReadonlyMap<string, AssetType> = new Map(
  assetKinds.flatMap((entry): [string, AssetType][] =>
    entry.textName === undefined ? [] : [[entry.textName, entry.type]],
  ),
);

/** The type for the word that notecards and viewers' inventory files use, such as `animatn`. */
export function assetTypeOfTextName(textName: string): AssetType | undefined {
  return typeOfTextName.get(textName);
}
