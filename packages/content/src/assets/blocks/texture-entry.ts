/** TextureEntry of a prim: which texture and material each face has (libopenmetaverse, Primitives/TextureEntry.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { uuidFromBytes } from '@gridkeep/wire/uuid';
import type { AssetReference } from '../asset-reference.ts';
import { ReferenceList } from '../asset-reference.ts';
import { AssetTypes } from '../asset-kinds.ts';
import { BlockError, ByteReader } from './byte-reader.ts';

/** Faces are bits 0 to 44. */
const facesMax = 45;
/** 7 bits per byte: 45 faces fit in 7 bytes. */
const bitfieldBytesMax = 7;
/** Between texture and material: colour, repeats, offsets, rotation, bump, media, glow. */
const middleSectionBytes: readonly number[] = [4, 4, 4, 2, 2, 2, 1, 1, 1];
const uuidBytes = 16;

export interface FaceIds {
  /** For every face not listed in `faces`. */
  readonly default: Uuid;
  readonly faces: ReadonlyMap<number, Uuid>;
}

export interface TextureEntry {
  readonly textures: FaceIds;
  /** Undefined in data older than 2013, which ends after glow. */
  readonly materials: FaceIds | undefined;
}

/** The faces of the next exception, or undefined at the closing 0 or the end of the block. */
function readFaces(reader: ByteReader): readonly number[] | undefined {
  if (reader.left === 0) return undefined;
  let bits = 0n;
  for (let count = 1; ; count += 1) {
    const byte = reader.u8();
    bits = (bits << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) === 0) break;
    if (count === bitfieldBytesMax) throw new BlockError('a face bitfield has more than 7 bytes');
  }
  if (bits === 0n) return undefined;
  const faces: number[] = [];
  for (let face = 0; face < facesMax; face += 1) if ((bits >> BigInt(face)) & 1n) faces.push(face);
  return faces;
}

function readIds(reader: ByteReader): FaceIds {
  const base = uuidFromBytes(reader.bytes(uuidBytes));
  const faces = new Map<number, Uuid>();
  for (let listed = readFaces(reader); listed !== undefined; listed = readFaces(reader)) {
    const id = uuidFromBytes(reader.bytes(uuidBytes));
    for (const face of listed) faces.set(face, id);
  }
  return { default: base, faces };
}

function skipSection(reader: ByteReader, valueBytes: number): void {
  reader.skip(valueBytes);
  while (readFaces(reader) !== undefined) reader.skip(valueBytes);
}

/**
 * Undefined for a block shorter than one id: the prim has no textures.
 * Throws a BlockError when a section ends early; the last section may lack its closing 0.
 */
export function readTextureEntry(bytes: Uint8Array): TextureEntry | undefined {
  if (bytes.length < uuidBytes) return undefined;
  const reader = new ByteReader(bytes);
  const textures = readIds(reader);
  for (const valueBytes of middleSectionBytes) skipSection(reader, valueBytes);
  const materials = reader.left < uuidBytes ? undefined : readIds(reader);
  return { textures, materials };
}

/**
 * Textures and legacy materials of a prim. With `sides` (the prim's number of faces) only ids of existing faces are
 * certain, since OpenSimulator saves no others; the default id counts as certain.
 * Throws a BlockError for a malformed block.
 */
export function textureEntryReferences(bytes: Uint8Array, sides = facesMax): readonly AssetReference[] {
  const entry = readTextureEntry(bytes);
  const found = new ReferenceList();
  if (entry === undefined) return [];
  const add = (ids: FaceIds, type: 0 | -2, what: string): void => {
    found.add({ id: ids.default, type, certain: true, where: `TextureEntry ${what} of all faces` });
    for (const [face, id] of ids.faces)
      found.add({ id, type, certain: face < sides, where: `TextureEntry ${what} of face ${face}` });
  };
  add(entry.textures, AssetTypes.texture, 'texture');
  if (entry.materials !== undefined) add(entry.materials, AssetTypes.osMaterial, 'material');
  return found.list();
}
