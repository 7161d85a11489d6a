/** Which other assets an asset names (the rules of OpenSimulator's UuidGatherer.cs, with its gaps closed). */
import { LlsdError, LlsdUuid } from '@gridkeep/wire/llsd/value';
import { readObjectReferences } from '../documents/object-references.ts';
import { readAssetLlsd, visitLlsd } from './asset-llsd.ts';
import type { AssetReference } from './asset-reference.ts';
import { ReferenceList } from './asset-reference.ts';
import type { AssetType } from './asset-kinds.ts';
import { AssetTypes, assetKind } from './asset-kinds.ts';
import { environmentReferences } from './environment.ts';
import { parseGesture } from './gesture.ts';
import { parseGltfMaterial } from './gltf-material.ts';
import { parseNotecard } from './notecard.ts';
import { findTextUuids } from './text-uuids.ts';
import { parseWearable } from './wearable.ts';

export interface AssetReferences {
  /** One entry per id and wanted type. */
  readonly references: readonly AssetReference[];
  /** Why the bytes could not be read as their kind; the list then holds what was found nevertheless. */
  readonly problem: string | undefined;
}

/** Never throws, whatever the bytes. Kinds without references give an empty list, and so do bytes above the kind's limit. */
export function findReferences(type: AssetType, bytes: Uint8Array): AssetReferences {
  const found = new ReferenceList();
  const kind = assetKind(type);
  if (!kind.holdsReferences) return { references: [], problem: undefined };
  const problem = bytes.length > kind.bytesMax ? `${bytes.length} bytes` : collect(type, bytes, found);
  return { references: found.list(), problem };
}

function collect(type: AssetType, bytes: Uint8Array, found: ReferenceList): string | undefined {
  switch (type) {
    case AssetTypes.clothing:
    case AssetTypes.bodypart:
      return collectWearable(bytes, found);
    case AssetTypes.object:
      return collectObject(bytes, found);
    case AssetTypes.notecard:
      return collectNotecard(bytes, found);
    case AssetTypes.lslText:
      return collectText(bytes, 'script', found);
    case AssetTypes.gesture:
      return collectGesture(bytes, found);
    case AssetTypes.osMaterial:
      return collectOsMaterial(bytes, found);
    case AssetTypes.settings:
      return collectSettings(bytes, found);
    case AssetTypes.material:
      return collectMaterial(bytes, found);
    default:
      return undefined;
  }
}

function collectObject(bytes: Uint8Array, found: ReferenceList): string | undefined {
  const { references, problem } = readObjectReferences(bytes);
  found.addAll(references);
  return problem;
}

const shownNameMax = 64;

/** A name as its author wrote it, cut for reports. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, shownNameMax));
}

function collectWearable(bytes: Uint8Array, found: ReferenceList): string | undefined {
  const wearable = parseWearable(bytes);
  if (wearable === undefined) return 'not a wearable';
  for (const [slot, id] of wearable.textures)
    found.add({ id, type: AssetTypes.texture, certain: true, where: `texture ${slot}` });
  return wearable.problem;
}

function collectGesture(bytes: Uint8Array, found: ReferenceList): string | undefined {
  const gesture = parseGesture(bytes);
  if (gesture === undefined) return 'not a gesture';
  for (const [index, step] of gesture.steps.entries()) {
    if (step.kind !== 'animation' && step.kind !== 'sound') continue;
    const type = step.kind === 'sound' ? AssetTypes.sound : AssetTypes.animation;
    found.add({ id: step.id, type, certain: true, where: `step ${index + 1} ${quoted(step.name)}` });
  }
  return gesture.problem;
}

function collectNotecard(bytes: Uint8Array, found: ReferenceList): string | undefined {
  const notecard = parseNotecard(bytes);
  if (notecard === undefined) {
    collectText(bytes, 'text', found);
    return 'not a notecard';
  }
  for (const { assetId, type, name } of notecard.items) {
    if (assetId === undefined || type === AssetTypes.link || type === AssetTypes.linkFolder) continue;
    found.add({ id: assetId, type, certain: true, where: `embedded item ${quoted(name)}` });
  }
  collectText(notecard.text, 'text', found);
  return notecard.problem;
}

/** Ids written out in text: where most are no assets. */
function collectText(bytes: Uint8Array, what: string, found: ReferenceList): undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  for (const { id, line } of findTextUuids(text))
    found.add({ id, type: undefined, certain: false, where: `${what} line ${line}` });
}

function collectOsMaterial(bytes: Uint8Array, found: ReferenceList): string | undefined {
  return withLlsd(bytes, found, () => {
    visitLlsd(readAssetLlsd(bytes), (value, key) => {
      if (value instanceof LlsdUuid)
        found.add({ id: value.id, type: AssetTypes.texture, certain: true, where: key ?? 'list' });
    });
  });
}

function collectSettings(bytes: Uint8Array, found: ReferenceList): string | undefined {
  return withLlsd(bytes, found, () => {
    found.addAll(environmentReferences(readAssetLlsd(bytes)));
  });
}

function collectMaterial(bytes: Uint8Array, found: ReferenceList): string | undefined {
  const material = parseGltfMaterial(bytes);
  if (typeof material === 'string') {
    collectText(bytes, 'text', found);
    return material;
  }
  for (const { id } of findTextUuids(material.json))
    found.add({ id, type: AssetTypes.texture, certain: true, where: 'glTF' });
  return material.problem;
}

/** LLSD that cannot be read is still searched for ids, as OpenSimulator does. */
function withLlsd(bytes: Uint8Array, found: ReferenceList, read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof LlsdError)) throw error;
    collectText(bytes, 'text', found);
    return error.message;
  }
}
