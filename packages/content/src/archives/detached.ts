/**
 * A part cut out of a text keeps the whole text in memory (V8 makes a view of it): an id out of a document of megabytes
 * would hold those megabytes for as long as the id is kept. What is kept beyond its entry goes through here first.
 */
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';

export function detachedText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

export function detachedUuid(id: Uuid): Uuid {
  return parseUuid(Buffer.from(id, 'latin1').toString('latin1'));
}
