/** References of Object assets (type 6), whatever their bytes. */
import type { AssetReference } from '../assets/asset-reference.ts';
import { DocumentError } from './document-error.ts';
import { decodeDocument } from './document-text.ts';
import { readReferencesOf } from './scene-object.ts';

/**
 * Halcyon (InWorldz) stored objects in a binary form, "ITG" and "ITC" with version 1, under the same asset type and
 * file suffix. OpenSimulator cannot load them.
 */
export function isHalcyonObject(bytes: Uint8Array): boolean {
  return (
    bytes[0] === 0x49 && bytes[1] === 0x54 && (bytes[2] === 0x47 || bytes[2] === 0x43) && bytes[3] === 0x01
  );
}

export interface ObjectReferences {
  readonly references: readonly AssetReference[];
  /** Why nothing could be read; undefined when the object was read. */
  readonly problem: string | undefined;
}

/** Never throws: from an object that a simulator refuses it takes what there is, from bytes that are no XML nothing. */
export function readObjectReferences(bytes: Uint8Array): ObjectReferences {
  if (isHalcyonObject(bytes))
    return { references: [], problem: 'a binary object of Halcyon, which OpenSimulator cannot load' };
  try {
    return { references: readReferencesOf(decodeDocument(bytes).text), problem: undefined };
  } catch (error) {
    if (error instanceof DocumentError) return { references: [], problem: error.message };
    throw error;
  }
}

/** As `readObjectReferences`, without the reason. */
export function findObjectReferences(bytes: Uint8Array): readonly AssetReference[] {
  return readObjectReferences(bytes).references;
}
