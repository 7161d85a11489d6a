/** How the records of a load wait on lines; what comes back is parsed as anything else from a disk. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { LineCodec } from './record-spool.ts';

/** An asset of the archive whose bytes are durable in the blob store. */
export interface LoadedAsset {
  readonly id: Uuid;
  readonly type: number;
  readonly blobId: BlobId;
  /** Bytes. */
  readonly size: number;
}

export const loadedAssetCodec: LineCodec<LoadedAsset> = {
  encode: ({ id, type, blobId, size }) => `${id} ${type} ${blobId} ${size}`,
  decode: (line) => {
    const [id = '', type = '', blobId = '', size = ''] = line.split(' ');
    return { id: parseUuid(id), type: Number(type), blobId: parseBlobId(blobId), size: Number(size) };
  },
};

export const uuidCodec: LineCodec<Uuid> = { encode: (id) => id, decode: parseUuid };

/** Fields of one JSON line, each asked for with its type. */
export class LineFields {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(line: string) {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) throw new TypeError('a spooled line holds no record');
    this.#fields = new Map(Object.entries(value));
  }

  text(name: string): string {
    const value = this.#fields.get(name);
    if (typeof value !== 'string') throw new TypeError(`field ${name} of a spooled record is no text`);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#fields.get(name) === null ? undefined : this.text(name);
  }

  number(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number') throw new TypeError(`field ${name} of a spooled record is no number`);
    return value;
  }

  boolean(name: string): boolean {
    return this.number(name) === 1;
  }

  uuid(name: string): Uuid {
    return parseUuid(this.text(name));
  }

  blob(name: string): BlobId {
    return parseBlobId(this.text(name));
  }
}
