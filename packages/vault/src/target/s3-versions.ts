/** The versions of objects in a bucket with Object Lock: what is locked there is neither gone nor changed, whatever hides it. */
import { createHash } from 'node:crypto';
import type { ListObjectVersionsCommandOutput, ObjectVersion } from '@aws-sdk/client-s3';
import { retainUntil, type S3Objects } from './s3-objects.ts';
import { TargetError } from './target.ts';

interface PageStart {
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
}

interface Version {
  readonly path: string;
  readonly id: string;
  readonly bytes: number;
  readonly isMark: boolean;
  readonly isLatest: boolean;
  /** Unix milliseconds. */
  readonly madeAt: number;
}

/** Remembered retentions and genuine versions; more are asked for again. */
const rememberedMax = 200_000;
/** Of one object: a stranger who writes a locked file over and over cannot make us read for ever. */
const versionsMax = 10_000;

export class S3Versions {
  readonly #store: S3Objects;
  /** Paths whose newest version is not what was saved first, and the version that is. */
  readonly #genuine = new Map<string, string>();
  readonly #lockedUntil = new Map<string, number>();

  constructor(store: S3Objects) {
    this.#store = store;
  }

  /** The version to be read instead of the newest one, as far as it is known. */
  genuine(path: string): string | undefined {
    return this.#genuine.get(path);
  }

  saved(path: string): void {
    this.#genuine.delete(path);
    this.#lockedUntil.delete(path);
  }

  /** What is there, and what is hidden by a deletion mark but locked. The size is that of the version saved first. */
  async *list(
    prefix: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ path: string; bytes: number }> {
    let versions: Version[] = [];
    for await (const version of this.#versions(prefix, signal)) {
      if (versions[0] !== undefined && versions[0].path !== version.path) {
        const file = await this.#fileOf(versions, signal);
        if (file !== undefined) yield file;
        versions = [];
      }
      if (versions.length < versionsMax) versions.push(version);
    }
    const file = await this.#fileOf(versions, signal);
    if (file !== undefined) yield file;
  }

  async #fileOf(
    versions: readonly Version[],
    signal: AbortSignal | undefined,
  ): Promise<{ path: string; bytes: number } | undefined> {
    const first = oldest(versions);
    if (first === undefined) return undefined;
    if (first.isLatest) return first;
    const isHidden = versions.some(({ isMark, isLatest }) => isMark && isLatest);
    if (isHidden && !(await this.#isLocked(first.path, first.id, signal))) return undefined;
    if (isHidden) this.#remember(first);
    return first;
  }

  /**
   * The bytes whose SHA-256 is `name`, among all versions; undefined when none are locked behind a deletion mark or written
   * over. They are read from then on.
   */
  async findGenuine(
    path: string,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<Buffer | undefined> {
    const versions = await this.#versionsOf(path, signal);
    const isHidden = versions.some(({ isMark, isLatest }) => isMark && isLatest);
    const real = versions.filter(({ isMark }) => !isMark).sort((a, b) => a.madeAt - b.madeAt);
    for (const version of real) {
      if (isHidden && !(await this.#isLocked(path, version.id, signal))) continue;
      const bytes = await this.#store.get(path, undefined, signal, version.id);
      if (createHash('sha256').update(bytes).digest('hex') !== name) continue;
      this.#remember(version);
      return bytes;
    }
    return undefined;
  }

  /** Versions and marks. 'locked' when the service refuses one; no mark is left behind then. */
  async removeAll(path: string, signal: AbortSignal | undefined): Promise<void> {
    for (const version of await this.#versionsOf(path, signal))
      if (!version.isMark) await this.#remove(version, signal);
    for (const version of await this.#versionsOf(path, signal)) await this.#remove(version, signal);
    this.saved(path);
  }

  /** All but the newest; what cannot be removed stays. */
  async removeOlder(path: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      for (const version of await this.#versionsOf(path, signal))
        if (!version.isLatest) await this.#remove(version, signal);
    } catch {
      if (signal?.aborted === true) throw signal.reason;
    }
  }

  /** Extends, never shortens: the service refuses that in COMPLIANCE mode, and it is not asked to. */
  async protect(path: string, until: number, signal: AbortSignal | undefined): Promise<void> {
    if ((this.#lockedUntil.get(path) ?? 0) >= until) return;
    const version = this.#genuine.get(path);
    const known = await this.#retention(path, version, signal);
    if (known < until) await this.#retain(path, version, until, signal);
    if (this.#lockedUntil.size >= rememberedMax) this.#lockedUntil.clear();
    this.#lockedUntil.set(path, Math.max(known, until));
  }

  async #retain(
    path: string,
    version: string | undefined,
    until: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { sdk, client } = this.#store;
    const input = {
      ...this.#store.at(path),
      ...(version === undefined ? {} : { VersionId: version }),
      Retention: { Mode: 'COMPLIANCE' as const, RetainUntilDate: retainUntil(until) },
    };
    await this.#store.asking('lock', signal, (abort) =>
      client.send(new sdk.PutObjectRetentionCommand(input), abort),
    );
  }

  /** Unix milliseconds; 0 when it is not locked. 'absent' when there is no such object. */
  async #retention(
    path: string,
    version: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { sdk, client } = this.#store;
    const input = { ...this.#store.at(path), ...(version === undefined ? {} : { VersionId: version }) };
    return this.#store.asking('look at the lock', signal, async (abort) => {
      try {
        const { Retention } = await client.send(new sdk.GetObjectRetentionCommand(input), abort);
        return Retention?.RetainUntilDate?.getTime() ?? 0;
      } catch (error) {
        // AWS says the first, Ceph the second.
        const none = ['NoSuchObjectLockConfiguration', 'ObjectLockConfigurationNotFoundError'];
        if (error instanceof Error && none.includes(error.name)) return 0;
        throw error;
      }
    });
  }

  async #isLocked(path: string, version: string, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#retention(path, version, signal)) > Date.now();
  }

  async #remove({ path, id, isMark }: Version, signal: AbortSignal | undefined): Promise<void> {
    const { sdk, client } = this.#store;
    try {
      await this.#store.asking('remove', signal, (abort) =>
        client.send(new sdk.DeleteObjectCommand({ ...this.#store.at(path), VersionId: id }), abort),
      );
    } catch (error) {
      // The answer to a lock is that of missing rights.
      const isRefused = error instanceof TargetError && error.failure === 'permanent';
      if (isMark || !isRefused || !(await this.#isLocked(path, id, signal))) throw error;
      throw new TargetError('locked', `${path} is locked in ${this.#store.description}`, { cause: error });
    }
  }

  async #versionsOf(path: string, signal: AbortSignal | undefined): Promise<Version[]> {
    const versions: Version[] = [];
    for await (const version of this.#versions(path, signal)) {
      if (version.path === path) versions.push(version);
      if (versions.length >= versionsMax) break;
    }
    return versions;
  }

  /** Those of one path follow each other, in no order within a page. */
  async *#versions(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<Version> {
    let next: PageStart | undefined = {};
    while (next !== undefined) {
      const page: ListObjectVersionsCommandOutput = await this.#page(
        { ...this.#store.below(prefix), ...next },
        signal,
      );
      const versions = [
        ...(page.Versions ?? []).map((version) => this.#version(version, version.Size ?? 0, false)),
        ...(page.DeleteMarkers ?? []).map((mark) => this.#version(mark, 0, true)),
      ].filter((version) => version !== undefined);
      yield* versions.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
      next = nextPage(page);
    }
  }

  #page(
    input: PageStart & { Bucket: string; Prefix: string },
    signal: AbortSignal | undefined,
  ): Promise<ListObjectVersionsCommandOutput> {
    const { sdk, client } = this.#store;
    return this.#store.asking('list', signal, (abort) =>
      client.send(new sdk.ListObjectVersionsCommand(input), abort),
    );
  }

  #version(
    entry: Pick<ObjectVersion, 'Key' | 'VersionId' | 'IsLatest' | 'LastModified'>,
    bytes: number,
    isMark: boolean,
  ): Version | undefined {
    const { Key, VersionId, IsLatest, LastModified } = entry;
    if (Key?.startsWith(this.#store.prefix) !== true || VersionId === undefined) return undefined;
    return {
      path: Key.slice(this.#store.prefix.length),
      id: VersionId,
      bytes,
      isMark,
      isLatest: IsLatest === true,
      madeAt: LastModified?.getTime() ?? 0,
    };
  }

  #remember({ path, id }: Version): void {
    if (this.#genuine.size >= rememberedMax) this.#genuine.clear();
    this.#genuine.set(path, id);
  }
}

/** Versions come newest first, and their times are whole seconds. */
function oldest(versions: readonly Version[]): Version | undefined {
  return versions
    .filter(({ isMark }) => !isMark)
    .reduce<Version | undefined>(
      (first, version) => (first === undefined || version.madeAt <= first.madeAt ? version : first),
      undefined,
    );
}

function nextPage(page: ListObjectVersionsCommandOutput): PageStart | undefined {
  const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
  if (IsTruncated !== true || NextKeyMarker === undefined) return undefined;
  return {
    KeyMarker: NextKeyMarker,
    ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
  };
}
