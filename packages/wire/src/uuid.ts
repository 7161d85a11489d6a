/**
 * Identifiers as grids use them: any 8-4-4-4-12 hexadecimal text, lower case inside.
 * Version and variant bits are not looked at: real grids hold ids such as 11111111-1111-0000-0000-000100bba000.
 */
import { randomUUID } from 'node:crypto';

declare const uuidBrand: unique symbol;
/** 36 characters, lower case. Made only by this file. */
export type Uuid = string & { readonly [uuidBrand]: true };

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isUuid(text: string): text is Uuid {
  return form.test(text);
}

/** The id in lower case, or undefined when the text is not exactly 8-4-4-4-12. */
export function tryParseUuid(text: string): Uuid | undefined {
  const lower = text.toLowerCase();
  return isUuid(lower) ? lower : undefined;
}

/** As `tryParseUuid`, but throws a RangeError that shows the (cut) text. */
export function parseUuid(text: string): Uuid {
  const id = tryParseUuid(text);
  if (id === undefined) throw new RangeError(`not a UUID: ${JSON.stringify(text.slice(0, 60))}`);
  return id;
}

export const zeroUuid: Uuid = parseUuid('00000000-0000-0000-0000-000000000000');

export function randomUuid(): Uuid {
  return parseUuid(randomUUID());
}

/** 16 bytes in the order of the text. */
export function uuidToBytes(id: Uuid): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** Reads 16 bytes at an offset; throws a RangeError when fewer are left. */
export function uuidFromBytes(bytes: Uint8Array, offset = 0): Uuid {
  if (offset < 0 || offset + 16 > bytes.length)
    throw new RangeError(`16 bytes of a UUID do not fit at ${offset} of ${bytes.length}`);
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + offset, 16).toString('hex');
  return parseUuid(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  );
}
