/** A second object out of the document of a first: simulators allow no two parts of one id. */
import { decodeDocument } from '@gridkeep/content/documents/document-text';
import { DocumentError } from '@gridkeep/content/documents/document-error';
import { parseSceneObject } from '@gridkeep/content/documents/scene-object';
import type { RegionObject } from '@gridkeep/grid/regions/region-records';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid, tryParseUuid } from '@gridkeep/wire/uuid';
import { createHash } from 'node:crypto';
import { RestoreRefusedError } from './restore-request.ts';

/** Parts are also named by their contents and by scripts' states, so every mention of one changes with it. */
export function withNewIds(
  object: RegionObject,
  document: Uint8Array,
): { readonly object: RegionObject; readonly document: Buffer } {
  const { text } = decodeDocument(document);
  const ids = new Map<Uuid, Uuid>();
  try {
    for (const part of parseSceneObject(text).parts) ids.set(part.id, randomUuid());
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new RestoreRefusedError(
      `object ${object.id} cannot be read (${error.message}): restore it in place, where it stays as it was`,
    );
  }
  const copied = text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, (found) => {
    const id = tryParseUuid(found);
    return (id === undefined ? undefined : ids.get(id)) ?? found;
  });
  const bytes = Buffer.from(copied);
  const blobId = parseBlobId(createHash('sha256').update(bytes).digest('hex'));
  const id = ids.get(object.id) ?? randomUuid();
  return { object: { ...object, id, blobId, size: bytes.length }, document: bytes };
}
