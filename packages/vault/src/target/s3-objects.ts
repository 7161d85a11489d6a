/** What a target asks an S3 bucket for, with the bucket's failures as TargetErrors. */
import type { GetObjectCommandOutput, S3Client, StorageClass } from '@aws-sdk/client-s3';
import { contentMd5, describeS3Failure, type S3Place, type S3Sdk } from '@gridkeep/storage/s3/s3-client';
import { TargetError, type FileRange, type TargetFailure } from './target.ts';

export interface PutOptions {
  readonly storageClass?: StorageClass;
  /** Unix milliseconds. */
  readonly lockedUntil?: number;
  readonly signal?: AbortSignal;
}

/** Services keep whole seconds: what they cut off must not end a lock too early. */
export function retainUntil(lockedUntil: number): Date {
  return new Date(Math.ceil(lockedUntil / 1000) * 1000);
}

/** Paths are below the prefix. */
export class S3Objects {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly description: string;
  readonly #bucket: string;
  readonly prefix: string;

  constructor(sdk: S3Sdk, client: S3Client, place: S3Place) {
    this.sdk = sdk;
    this.client = client;
    this.#bucket = place.bucket;
    this.prefix = place.prefix ?? '';
    this.description = `s3://${place.bucket}/${this.prefix}`.replace(/\/$/, '');
  }

  at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.prefix + path };
  }

  below(path: string): { Bucket: string; Prefix: string } {
    return { Bucket: this.#bucket, Prefix: this.prefix + path };
  }

  /** The service may not know the question, or these credentials may not ask it: then nothing is locked here. */
  async hasObjectLock(): Promise<boolean> {
    try {
      const input = { Bucket: this.#bucket };
      const { ObjectLockConfiguration } = await this.client.send(
        new this.sdk.GetObjectLockConfigurationCommand(input),
      );
      return ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
    } catch (error) {
      const unknown = ['ObjectLockConfigurationNotFoundError', 'NotImplemented', 'AccessDenied'];
      if (error instanceof Error && unknown.includes(error.name)) return false;
      throw this.#targetError('object lock', error);
    }
  }

  async asking<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (abort: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      if (error instanceof TargetError || signal?.aborted === true) throw error;
      throw this.#targetError(what, error);
    }
  }

  async put(path: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    const { lockedUntil, storageClass } = options;
    const input = {
      ...this.at(path),
      Body: bytes,
      ContentMD5: contentMd5(bytes),
      ...(storageClass === undefined ? {} : { StorageClass: storageClass }),
      ...(lockedUntil === undefined
        ? {}
        : { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: retainUntil(lockedUntil) }),
    };
    await this.asking('save', options.signal, (abort) =>
      this.client.send(new this.sdk.PutObjectCommand(input), abort),
    );
  }

  get(path: string, range?: FileRange, signal?: AbortSignal, version?: string): Promise<Buffer> {
    if (range?.length === 0) return Promise.resolve(Buffer.alloc(0));
    return this.asking('read', signal, async (abort) => {
      const input = {
        ...this.at(path),
        ...(version === undefined ? {} : { VersionId: version }),
        ...(range === undefined ? {} : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
      };
      const reply = await this.client.send(new this.sdk.GetObjectCommand(input), abort);
      return await body(reply, range?.length);
    });
  }

  #targetError(what: string, error: unknown): Error {
    const { failure, message } = describeS3Failure(this.sdk, what, error);
    return new TargetError(targetFailures[failure], message, { cause: error });
  }
}

const targetFailures: Readonly<Record<ReturnType<typeof describeS3Failure>['failure'], TargetFailure>> = {
  absent: 'absent',
  range: 'short',
  forbidden: 'permanent',
  archived: 'cold',
  full: 'full',
  permanent: 'permanent',
  passing: 'passing',
};

/** `length` as it was asked for; a shorter body is a file that ends too early, or one that was cut on its way. */
async function body(reply: GetObjectCommandOutput, length: number | undefined): Promise<Buffer> {
  if (reply.Body === undefined) throw new TargetError('passing', 'S3 sent no body');
  const bytes = await reply.Body.transformToByteArray();
  if (bytes.length < (reply.ContentLength ?? 0))
    throw new TargetError('passing', 'S3 sent a part of its answer');
  if (length !== undefined && bytes.length > length)
    throw new TargetError('permanent', 'S3 ignores byte ranges');
  if (length !== undefined && bytes.length < length)
    throw new TargetError('short', `${bytes.length} bytes instead of ${length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
