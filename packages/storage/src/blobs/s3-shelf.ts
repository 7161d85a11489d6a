/** A shelf in an S3-compatible object store. Loads the AWS client only when it is made. */
import type { S3Client } from '@aws-sdk/client-s3';
import { contentMd5, describeS3Failure, openS3Client, type S3Place, type S3Sdk } from '../s3/s3-client.ts';
import type { ByteSource } from './byte-source.ts';
import { isPackName } from './pack-format.ts';
import { packSuffix } from './open-packs.ts';
import { ShelfError, type PackShelf } from './pack-shelf.ts';

/** Larger packs go up in parts of this size, so that memory stays flat. S3 allows 10,000 parts of 5 MiB or more. */
const partBytes = 16 * 1024 * 1024;
const partsMax = 10_000;

export async function openS3Shelf(place: S3Place): Promise<PackShelf & { close(): void }> {
  const { sdk, client } = await openS3Client(place);
  const shelf = new S3Shelf(sdk, client, place.bucket, place.prefix ?? '');
  return Object.assign(shelf, { close: () => client.destroy() });
}

class S3Shelf implements PackShelf {
  readonly #sdk: S3Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(sdk: S3Sdk, client: S3Client, bucket: string, prefix: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  #place(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name + packSuffix };
  }

  save(name: string, source: ByteSource, signal?: AbortSignal): Promise<void> {
    return this.#asking('save', signal, async (abort) => {
      if (source.size > partBytes) return this.#saveInParts(name, source, abort);
      const body = await source.read(0, source.size);
      const input = { ...this.#place(name), Body: body, ContentMD5: contentMd5(body) };
      await this.#client.send(new this.#sdk.PutObjectCommand(input), abort);
    });
  }

  async #saveInParts(name: string, source: ByteSource, abort: { abortSignal?: AbortSignal }): Promise<void> {
    const sdk = this.#sdk;
    const place = this.#place(name);
    const size = Math.max(partBytes, Math.ceil(source.size / partsMax));
    const { UploadId } = await this.#client.send(new sdk.CreateMultipartUploadCommand(place), abort);
    if (UploadId === undefined) throw new ShelfError('passing', 'S3 gave no upload id');
    try {
      const parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (let at = 0; at < source.size; at += size) {
        const body = await source.read(at, Math.min(size, source.size - at));
        const PartNumber = parts.length + 1;
        const input = { ...place, UploadId, PartNumber, Body: body, ContentMD5: contentMd5(body) };
        const { ETag } = await this.#client.send(new sdk.UploadPartCommand(input), abort);
        parts.push({ PartNumber, ETag });
      }
      const done = { ...place, UploadId, MultipartUpload: { Parts: parts } };
      await this.#client.send(new sdk.CompleteMultipartUploadCommand(done), abort);
    } catch (error) {
      // Parts of an upload that is not given up are stored, and paid for, without end.
      await this.#client
        .send(new sdk.AbortMultipartUploadCommand({ ...place, UploadId }))
        .catch(() => undefined);
      throw error;
    }
  }

  read(name: string, offset: number, length: number, signal?: AbortSignal): Promise<Buffer> {
    if (length === 0) return Promise.resolve(Buffer.alloc(0));
    return this.#asking('read', signal, async (abort) => {
      const input = { ...this.#place(name), Range: `bytes=${offset}-${offset + length - 1}` };
      const { Body } = await this.#client.send(new this.#sdk.GetObjectCommand(input), abort);
      if (Body === undefined) throw new ShelfError('passing', 'S3 sent no body');
      const bytes = await Body.transformToByteArray();
      if (bytes.length > length) throw new ShelfError('permanent', 'S3 ignores byte ranges');
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    });
  }

  async *list(after?: string, signal?: AbortSignal): AsyncGenerator<{ name: string; bytes: number }> {
    let token: string | undefined;
    do {
      const input = {
        Bucket: this.#bucket,
        Prefix: this.#prefix,
        ...(after === undefined ? {} : { StartAfter: this.#prefix + after + packSuffix }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      };
      const page = await this.#asking('list', signal, (abort) =>
        this.#client.send(new this.#sdk.ListObjectsV2Command(input), abort),
      );
      for (const { Key, Size } of page.Contents ?? []) {
        const name = Key?.slice(this.#prefix.length, -packSuffix.length) ?? '';
        if (Key?.endsWith(packSuffix) === true && isPackName(name)) yield { name, bytes: Size ?? 0 };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  remove(name: string, signal?: AbortSignal): Promise<void> {
    return this.#asking('remove', signal, async (abort) => {
      await this.#client.send(new this.#sdk.DeleteObjectCommand(this.#place(name)), abort);
    });
  }

  async #asking<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (abort: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      if (error instanceof ShelfError || signal?.aborted === true) throw error;
      throw this.#shelfError(what, error);
    }
  }

  #shelfError(what: string, error: unknown): Error {
    const { failure, message } = describeS3Failure(this.#sdk, what, error);
    if (failure === 'absent' || failure === 'range')
      return new ShelfError('absent', message, { cause: error });
    return new ShelfError(failure === 'passing' ? 'passing' : 'permanent', message, { cause: error });
  }
}
