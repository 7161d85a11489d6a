/** One record of a snapshot: a line of JSON, each field asked for with its type. What stands there is not trusted. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { tryParseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { SnapshotContentError } from './snapshot-source.ts';

/** UTF-16 units; the longest that a grid writes are parcels' documents of some 300,000. */
const textMax = 8 * 1024 * 1024;

export class RecordFields {
  readonly place: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  private constructor(place: string, fields: ReadonlyMap<string, unknown>) {
    this.place = place;
    this.#fields = fields;
  }

  /** Throws SnapshotContentError, as all methods. */
  static parse(text: string, place: string): RecordFields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new SnapshotContentError(place, 'no JSON stands there');
    }
    return RecordFields.of(value, place);
  }

  static of(value: unknown, place: string): RecordFields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new SnapshotContentError(place, 'no record stands there');
    return new RecordFields(place, new Map(Object.entries(value)));
  }

  get names(): Iterable<string> {
    return this.#fields.keys();
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** The whole record. */
  get json(): string {
    return JSON.stringify(Object.fromEntries(this.#fields));
  }

  raw(name: string): unknown {
    return this.#fields.get(name);
  }

  text(name: string, unitsMax: number = textMax): string {
    const value = this.#fields.get(name);
    if (typeof value !== 'string' || value.length > unitsMax) throw this.#bad(name, 'no text, or too long');
    // Neither database takes them, and no row of a grid has them.
    if (!value.isWellFormed() || value.includes('\0')) throw this.#bad(name, 'a text that cannot be stored');
    return value;
  }

  integer(
    name: string,
    min: number = Number.MIN_SAFE_INTEGER,
    max: number = Number.MAX_SAFE_INTEGER,
  ): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max)
      throw this.#bad(name, 'no whole number within its bounds');
    return value;
  }

  real(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number') throw this.#bad(name, 'no number');
    return value;
  }

  uuid(name: string): Uuid {
    const value = this.#fields.get(name);
    const id = typeof value === 'string' ? tryParseUuid(value) : undefined;
    if (id === undefined) throw this.#bad(name, 'no UUID');
    return id;
  }

  bytes(name: string): Buffer {
    const text = this.text(name);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw this.#bad(name, 'no base64');
    return bytes;
  }

  /** Of a column that holds the 32 bytes. */
  blob(name: string): BlobId {
    const id = tryParseBlobId(this.bytes(name).toString('hex'));
    if (id === undefined) throw this.#bad(name, 'no SHA-256');
    return id;
  }

  #bad(name: string, detail: string): SnapshotContentError {
    return new SnapshotContentError(this.place, `field ${name.slice(0, 80)} holds ${detail}`);
  }
}
