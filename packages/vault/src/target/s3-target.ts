/**
 * A repository in an S3-compatible store, in restic's layout, with Object Lock and archive classes where they are there.
 *
 * A bucket with Object Lock keeps versions: there, removing means removing every version, which the service refuses while one is
 * locked; and what somebody else hid behind a deletion mark, or wrote over, is still found (s3-versions.ts).
 */
import { createHash } from 'node:crypto';
import { openS3Client, type S3Place } from '@gridkeep/storage/s3/s3-client';
import { fileNameAt, filePath, kindPrefix } from './file-paths.ts';
import { S3Objects } from './s3-objects.ts';
import { S3Versions } from './s3-versions.ts';
import {
  isTargetFailure,
  TargetError,
  type ColdStorage,
  type FileKind,
  type FileRange,
  type PackAvailability,
  type SaveOptions,
  type Target,
  type TargetFile,
} from './target.ts';

/** Classes for data packs. */
export const dataClasses = [
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;
export type DataClass = (typeof dataClasses)[number];

export interface S3TargetOptions {
  /** Class of data packs; everything else stays in the bucket's default. */
  readonly dataClass?: DataClass;
  /** How long packs that were fetched from an archive class stay readable. Default 7 days. */
  readonly fetchedDays?: number;
  /** What fetching costs, and how long it takes. Default 'Standard'. */
  readonly fetchTier?: 'Bulk' | 'Standard' | 'Expedited';
}

const fetchedDaysDefault = 7;
/** Classes whose objects cannot be read before RestoreObject (docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html). */
const archiveClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
/** Come and go with every operation, or are replaced: never locked, and their versions are of no use. */
const unlocked: ReadonlySet<FileKind> = new Set<FileKind>(['lock', 'state']);

/** `protect` is there when the bucket was made with Object Lock. Wrap it in a retrying target: it tries nothing again itself. */
export async function openS3Target(place: S3Place, options: S3TargetOptions = {}): Promise<Target> {
  const { sdk, client } = await openS3Client(place);
  const store = new S3Objects(sdk, client, place);
  try {
    return s3Target(store, (await store.hasObjectLock()) ? new S3Versions(store) : undefined, options);
  } catch (error) {
    client.destroy();
    throw error;
  }
}

function s3Target(store: S3Objects, versions: S3Versions | undefined, options: S3TargetOptions): Target {
  const keepsVersions = (kind: FileKind): boolean => versions !== undefined && !unlocked.has(kind);

  async function read(
    kind: FileKind,
    name: string,
    range?: FileRange,
    signal?: AbortSignal,
  ): Promise<Buffer> {
    const path = filePath(kind, name);
    const isHashed = kind !== 'config' && kind !== 'state';
    if (versions === undefined || !keepsVersions(kind) || !isHashed) return store.get(path, range, signal);
    try {
      const bytes = await store.get(path, range, signal, versions.genuine(path));
      if (range !== undefined || sha256(bytes) === name) return bytes;
      return (await versions.findGenuine(path, name, signal)) ?? bytes;
    } catch (error) {
      if (!isTargetFailure(error, 'absent')) throw error;
      const bytes = await versions.findGenuine(path, name, signal);
      if (bytes === undefined) throw error;
      return range === undefined ? bytes : cut(bytes, range);
    }
  }

  async function save(kind: FileKind, name: string, bytes: Uint8Array, how: SaveOptions = {}): Promise<void> {
    const path = filePath(kind, name);
    const isData = kind === 'pack' && how.content === 'data';
    await store.put(path, bytes, {
      ...(how.signal === undefined ? {} : { signal: how.signal }),
      ...(isData && options.dataClass !== undefined ? { storageClass: options.dataClass } : {}),
      ...(keepsVersions(kind) && how.lockedUntil !== undefined && how.lockedUntil > Date.now()
        ? { lockedUntil: how.lockedUntil }
        : {}),
    });
    versions?.saved(path);
    if (kind === 'state') await versions?.removeOlder(path, how.signal);
  }

  async function remove(kind: FileKind, name: string, signal?: AbortSignal): Promise<void> {
    const path = filePath(kind, name);
    if (versions === undefined) return removeCurrent(store, path, signal);
    try {
      await versions.removeAll(path, signal);
    } catch (error) {
      // Where the bucket locks everything by default, a lock file at least has to get out of the way.
      if (!unlocked.has(kind) || !isTargetFailure(error, 'locked')) throw error;
      await removeCurrent(store, path, signal);
    }
  }

  async function* list(kind: FileKind, signal?: AbortSignal): AsyncGenerator<TargetFile> {
    const prefix = kindPrefix(kind);
    const files =
      versions !== undefined && keepsVersions(kind)
        ? versions.list(prefix, signal)
        : listCurrent(store, prefix, signal);
    for await (const { path, bytes } of files) {
      const name = fileNameAt(kind, path);
      if (name !== undefined) yield { name, bytes };
    }
  }

  return {
    description: store.description,
    list,
    read,
    save,
    remove,
    ...(versions === undefined
      ? {}
      : {
          protect: async (kind: FileKind, name: string, until: number, signal?: AbortSignal) => {
            if (!unlocked.has(kind)) await versions.protect(filePath(kind, name), until, signal);
          },
        }),
    ...(options.dataClass !== undefined && archiveClasses.has(options.dataClass)
      ? { cold: archived(store, options) }
      : {}),
    close: () => {
      store.client.destroy();
      return Promise.resolve();
    },
  };
}

async function removeCurrent(store: S3Objects, path: string, signal: AbortSignal | undefined): Promise<void> {
  await store.asking('remove', signal, (abort) =>
    store.client.send(new store.sdk.DeleteObjectCommand(store.at(path)), abort),
  );
}

async function* listCurrent(
  store: S3Objects,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ path: string; bytes: number }> {
  let token: string | undefined;
  do {
    const input = { ...store.below(prefix), ...(token === undefined ? {} : { ContinuationToken: token }) };
    const page = await store.asking('list', signal, (abort) =>
      store.client.send(new store.sdk.ListObjectsV2Command(input), abort),
    );
    for (const { Key, Size } of page.Contents ?? [])
      if (Key?.startsWith(store.prefix) === true)
        yield { path: Key.slice(store.prefix.length), bytes: Size ?? 0 };
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

function archived(store: S3Objects, options: S3TargetOptions): ColdStorage {
  return {
    description: `${store.description} (${options.dataClass ?? ''})`,
    async availability(pack, signal) {
      const path = filePath('pack', pack);
      const { StorageClass: storageClass, Restore } = await store.asking('look', signal, (abort) =>
        store.client.send(new store.sdk.HeadObjectCommand(store.at(path)), abort),
      );
      return archiveState(storageClass, Restore);
    },
    async fetch(pack, signal) {
      const input = {
        ...store.at(filePath('pack', pack)),
        RestoreRequest: {
          Days: options.fetchedDays ?? fetchedDaysDefault,
          GlacierJobParameters: { Tier: options.fetchTier ?? 'Standard' },
        },
      };
      await store.asking('fetch', signal, async (abort) => {
        try {
          await store.client.send(new store.sdk.RestoreObjectCommand(input), abort);
        } catch (error) {
          // Asked for before, or never in an archive: as wanted.
          const isFine = error instanceof Error && fetchRefusals.has(error.name);
          if (!isFine) throw error;
        }
      });
    },
  };
}

const fetchRefusals: ReadonlySet<string> = new Set([
  'RestoreAlreadyInProgress',
  'InvalidObjectState',
  'ObjectAlreadyInActiveTierError',
]);

/** `restore` is x-amz-restore: `ongoing-request="true"`, or `ongoing-request="false", expiry-date="…"` once it can be read. */
export function archiveState(
  storageClass: string | undefined,
  restore: string | undefined,
): PackAvailability {
  if (storageClass === undefined || !archiveClasses.has(storageClass)) return 'ready';
  if (restore === undefined) return 'cold';
  if (/ongoing-request="true"/.test(restore)) return 'fetching';
  return /ongoing-request="false"/.test(restore) ? 'ready' : 'cold';
}

function cut(bytes: Buffer, { offset, length }: FileRange): Buffer {
  if (bytes.length < offset + length)
    throw new TargetError('short', `${bytes.length} bytes instead of ${offset + length}`);
  return bytes.subarray(offset, offset + length);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
