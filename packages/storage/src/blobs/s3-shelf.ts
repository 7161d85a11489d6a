/** A shelf in an S3-compatible object store. Loads the AWS client only when it is made. */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ByteSource } from './byte-source.ts';
import { isPackName } from './pack-format.ts';
import { packSuffix } from './open-packs.ts';
import { ShelfError, type PackShelf } from './pack-shelf.ts';

export interface S3ShelfOptions {
  /** Of the service, for example https://s3.example.org; left out for AWS itself. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly bucket: string;
  /** Put before every name, for example 'grid-1/'. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** https://host/bucket/key instead of https://bucket.host/key. Default true: other services than AWS rarely have the names. */
  readonly pathStyle?: boolean;
}

/** Larger packs go up in parts of this size, so that memory stays flat. S3 allows 10,000 parts of 5 MiB or more. */
const partBytes = 16 * 1024 * 1024;
const partsMax = 10_000;
const requestTimeoutMs = 60_000;
const connectionTimeoutMs = 10_000;

type Sdk = typeof import('@aws-sdk/client-s3');

export async function openS3Shelf(options: S3ShelfOptions): Promise<PackShelf & { close(): void }> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region: options.region ?? 'us-east-1',
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    forcePathStyle: options.pathStyle ?? true,
    // Newer defaults send checksum trailers that many other services refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
    // Trying again is the business of the shelf in front.
    maxAttempts: 1,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
  });
  const shelf = new S3Shelf(sdk, client, options.bucket, options.prefix ?? '');
  return Object.assign(shelf, { close: () => client.destroy() });
}

class S3Shelf implements PackShelf {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(sdk: Sdk, client: S3Client, bucket: string, prefix: string) {
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
      const input = { ...this.#place(name), Body: body, ContentMD5: md5(body) };
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
        const input = { ...place, UploadId, PartNumber, Body: body, ContentMD5: md5(body) };
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
    if (!(error instanceof Error)) return new ShelfError('passing', `S3 ${what} failed`, { cause: error });
    const status = error instanceof this.#sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    const message = `S3 ${what}: ${error.name}${status === undefined ? '' : ` (${status})`}`;
    if (error.name === 'NoSuchKey') return new ShelfError('absent', message, { cause: error });
    if (error.name === 'InvalidRange' || status === 416) {
      return new ShelfError('absent', message, { cause: error });
    }
    // 408 and 429 ask to come again; every other 4xx says that the request itself is wrong.
    const isOurs = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
    return new ShelfError(isOurs ? 'permanent' : 'passing', message, { cause: error });
  }
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}
