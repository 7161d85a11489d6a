/** Values out of JSON that others wrote. Every function throws FormatError and names what it looked at. */
import { tryParseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { FormatError } from './format-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the input, which may be a secret.
    throw new FormatError(`${what}: not JSON`);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new FormatError(`${what}: not an object`);
  return value;
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FormatError(`${what}: not a list`);
  return value;
}

export function asString(value: unknown, what: string, lengthMax = 4096): string {
  if (typeof value !== 'string') throw new FormatError(`${what}: not a text`);
  if (value.length > lengthMax) throw new FormatError(`${what}: longer than ${lengthMax} characters`);
  return value;
}

/** A whole number from 0 to `max`. */
export function asCount(value: unknown, what: string, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new FormatError(`${what}: not a number from 0 to ${max}`);
  }
  return value;
}

/** A SHA-256 in hexadecimal digits: of a blob, or the name of a file. */
export function asId(value: unknown, what: string): BlobId {
  const id = typeof value === 'string' ? tryParseBlobId(value) : undefined;
  if (id === undefined) throw new FormatError(`${what}: not 64 hexadecimal digits`);
  return id;
}
