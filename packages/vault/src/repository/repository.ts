/** A repository in the restic format: opened, read, locked; written through a RepositoryWriter. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { FormatError } from '../format/format-error.ts';
import {
  newRepositoryConfig,
  readRepositoryConfig,
  writeRepositoryConfig,
  type RepositoryConfig,
} from '../format/repository-config.ts';
import { readSnapshotFile } from '../format/snapshot-encoding.ts';
import type { StoredSnapshot } from '../format/snapshot.ts';
import { decodeTree, treeBytesMax } from '../format/tree-encoding.ts';
import type { BlobType, FileNode, TreeNode } from '../format/tree-node.ts';
import { openKeyFile, writeKeyFile, type KeyCost } from '../keys/key-file.ts';
import { newMasterKey, type MasterKey } from '../sealing/master-key.ts';
import { withdrawFromParity } from '../parity/withdrawn.ts';
import { createSealer, type Sealer } from '../sealing/sealer.ts';
import { isTargetFailure, TargetError, type Target } from '../target/target.ts';
import type { BlobIndex } from './blob-index.ts';
import { readBlobFrom } from './blob-reading.ts';
import { IndexLoader, type IndexLoadOptions } from './index-loader.ts';
import {
  BlobMissingError,
  NoRepositoryError,
  RepositoryDamagedError,
  RepositoryExistsError,
  WrongPasswordError,
} from './repository-errors.ts';
import {
  hashName,
  namesOf,
  openingFile,
  readHashed,
  readIfThere,
  readUnpackedFile,
  writeUnpackedFile,
  type UnpackedKind,
} from './repository-files.ts';
import { lockRepository, type LockOptions, type LockTimes, type RepositoryLock } from './repository-lock.ts';
import { RepositoryWriter, type WriterOptions } from './repository-writer.ts';

export interface CreateOptions extends OpenOptions {
  readonly password: string;
  readonly keyCost?: KeyCost;
  /** Of a sister repository, so that restic's chunks of both are the same; default random. */
  readonly polynomial?: bigint;
}

export type RepositoryAccess = { readonly password: string } | { readonly masterKey: MasterKey };

export interface OpenOptions {
  /** For the index in binary; may be shared by repositories and lost. */
  readonly cacheFolder?: string;
  /** Shorter in tests. */
  readonly lockTimes?: LockTimes;
}

/** restic looks at no more of them (internal/repository/key.go). */
const keysMax = 20;

/** Throws RepositoryExistsError where there is one, or a part of one. */
export async function createRepository(target: Target, options: CreateOptions): Promise<Repository> {
  if ((await namesOf(target, 'config')).length > 0 || (await namesOf(target, 'key')).length > 0) {
    throw new RepositoryExistsError(`${target.description} holds a repository already`);
  }
  const config = newRepositoryConfig(options.polynomial);
  const masterKey = newMasterKey();
  const sealer = await createSealer(masterKey);
  // The key first: a config that nobody can open would be in the way of the next attempt.
  await saveKey(target, masterKey, options.password, options.keyCost);
  await target.save('config', '', sealer.seal(writeRepositoryConfig(config)));
  return new Repository(target, sealer, masterKey, config, options);
}

/** Throws NoRepositoryError, WrongPasswordError, RepositoryDamagedError, TargetError. */
export async function openRepository(
  target: Target,
  access: RepositoryAccess,
  options: OpenOptions = {},
): Promise<Repository> {
  const masterKey = 'masterKey' in access ? access.masterKey : await findMasterKey(target, access.password);
  const sealer = await createSealer(masterKey);
  const sealed = await readIfThere(target, 'config', '');
  if (sealed === undefined) throw new NoRepositoryError(`no repository in ${target.description}`);
  const config = openingFile('config', 'config', () => readRepositoryConfig(sealer.open(sealed)));
  return new Repository(target, sealer, masterKey, config, options);
}

async function findMasterKey(target: Target, password: string): Promise<MasterKey> {
  const names = await namesOf(target, 'key');
  if (names.length === 0) throw new NoRepositoryError(`no repository in ${target.description}`);
  let damage: RepositoryDamagedError | undefined;
  for (const name of names.sort().slice(0, keysMax)) {
    try {
      const key = await tryKey(target, name, password);
      if (key !== undefined) return key;
    } catch (error) {
      // Another key file may still be whole.
      if (!(error instanceof RepositoryDamagedError)) throw error;
      damage = error;
    }
  }
  throw damage ?? new WrongPasswordError(`no key of ${target.description} opens with this password`);
}

async function tryKey(target: Target, name: string, password: string): Promise<MasterKey | undefined> {
  try {
    return await openKeyFile(await readHashed(target, 'key', name), password);
  } catch (error) {
    if (isTargetFailure(error, 'absent')) return undefined;
    if (!(error instanceof FormatError)) throw error;
    throw new RepositoryDamagedError('key', name, error.message, { cause: error });
  }
}

/**
 * Gone for good: parity would bring a password back that was taken away. Returns those that the target itself does not let go
 * yet, whose passwords go on opening the repository.
 */
export async function removeKeyFiles(target: Target, names: readonly string[]): Promise<readonly string[]> {
  await withdrawFromParity(
    target,
    names.map((name) => ({ kind: 'key', name })),
  );
  const locked: string[] = [];
  for (const name of names)
    try {
      await target.remove('key', name);
    } catch (error) {
      if (!isTargetFailure(error, 'locked')) throw error;
      locked.push(name);
    }
  return locked;
}

async function saveKey(
  target: Target,
  masterKey: MasterKey,
  password: string,
  cost: KeyCost | undefined,
): Promise<string> {
  const bytes = await writeKeyFile(masterKey, password, cost === undefined ? {} : { cost });
  const name = hashName(bytes);
  await target.save('key', name, bytes);
  return name;
}

export class Repository {
  readonly target: Target;
  readonly sealer: Sealer;
  readonly masterKey: MasterKey;
  readonly config: RepositoryConfig;
  readonly #lockTimes: LockTimes | undefined;
  readonly #indexes: IndexLoader;
  #writer: RepositoryWriter | undefined;

  constructor(
    target: Target,
    sealer: Sealer,
    masterKey: MasterKey,
    config: RepositoryConfig,
    options: OpenOptions,
  ) {
    this.target = target;
    this.sealer = sealer;
    this.masterKey = masterKey;
    this.config = config;
    this.#lockTimes = options.lockTimes;
    this.#indexes = new IndexLoader(target, sealer, masterKey, config.id, options.cacheFolder);
  }

  get id(): string {
    return this.config.id;
  }

  /** Oldest first. */
  async listSnapshots(): Promise<StoredSnapshot[]> {
    const snapshots: StoredSnapshot[] = [];
    for (const id of await namesOf(this.target, 'snapshot')) {
      try {
        snapshots.push(await this.readSnapshot(id));
      } catch (error) {
        // Forgotten since it was listed.
        if (!isTargetFailure(error, 'absent')) throw error;
      }
    }
    return snapshots.sort((one, other) => one.time - other.time || (one.id < other.id ? -1 : 1));
  }

  async readSnapshot(id: string): Promise<StoredSnapshot> {
    const text = await this.readUnpacked('snapshot', id);
    return openingFile('snapshot', id, () => ({ ...readSnapshotFile(text), id }));
  }

  /** Absent is fine. Needs an exclusive lock. */
  async removeSnapshot(id: string): Promise<void> {
    await this.target.remove('snapshot', id);
  }

  /** Up to date with the index files that are there now; the same object as long as none vanished. */
  loadIndex(options: IndexLoadOptions = {}): Promise<BlobIndex> {
    return this.#indexes.load(options);
  }

  /** Checked against its hash. Loads the index when needed. Tries every pack that has it. */
  async readBlob(type: BlobType, id: BlobId, signal?: AbortSignal): Promise<Buffer> {
    let index = this.#indexes.loaded ?? (await this.loadIndex());
    // Another writer may have added it, or a prune moved it, since the index was read.
    if (!index.has(type, id)) index = await this.loadIndex();
    if (!index.has(type, id)) throw new BlobMissingError(type, id);
    try {
      return await readBlobFrom(this.target, this.sealer, index, type, id, signal);
    } catch (error) {
      if (!isTargetFailure(error, 'absent')) throw error;
      const fresh = await this.loadIndex();
      if (fresh === index) throw error;
      return await readBlobFrom(this.target, this.sealer, fresh, type, id, signal);
    }
  }

  async readTree(id: BlobId): Promise<readonly TreeNode[]> {
    const bytes = await this.readBlob('tree', id);
    if (bytes.length > treeBytesMax) throw new RepositoryDamagedError('tree', id, 'it is too large');
    return openingFile('tree', id, () => decodeTree(bytes));
  }

  async *readFile(node: FileNode): AsyncGenerator<Buffer> {
    for (const id of node.content) yield await this.readBlob('data', id);
  }

  /** The text of an index, snapshot or lock file, checked against its name. */
  readUnpacked(kind: UnpackedKind, name: string, signal?: AbortSignal): Promise<string> {
    return readUnpackedFile(this.target, this.sealer, kind, name, signal);
  }

  /** Seals and saves; returns the name. */
  writeUnpacked(
    kind: UnpackedKind,
    text: string,
    options: { readonly lockedUntil?: number; readonly signal?: AbortSignal } = {},
  ): Promise<string> {
    return writeUnpackedFile(this.target, this.sealer, kind, text, options);
  }

  /** Sealed state of the vault; undefined when there is none. Throws RepositoryDamagedError. */
  async readState(name: string): Promise<Buffer | undefined> {
    const sealed = await readIfThere(this.target, 'state', name);
    return sealed === undefined ? undefined : openingFile('state', name, () => this.sealer.open(sealed));
  }

  async writeState(name: string, plain: Uint8Array): Promise<void> {
    await this.target.save('state', name, this.sealer.seal(plain));
  }

  lock(kind: 'shared' | 'exclusive', options: LockOptions = {}): Promise<RepositoryLock> {
    const times = this.#lockTimes === undefined ? {} : { times: this.#lockTimes };
    return lockRepository(this.target, this.sealer, kind, { ...options, ...times });
  }

  /** Name of the key file. Throws RangeError when restic would not look at one more. */
  async addKey(password: string, cost?: KeyCost): Promise<string> {
    if ((await namesOf(this.target, 'key')).length >= keysMax) {
      throw new RangeError(`a repository has at most ${keysMax} passwords`);
    }
    return await saveKey(this.target, this.masterKey, password, cost);
  }

  /** Throws RangeError for the last one. */
  async removeKey(name: string): Promise<void> {
    const rest = (await namesOf(this.target, 'key')).filter((other) => other !== name);
    if (rest.length === 0) throw new RangeError('the last key of a repository cannot be removed');
    const [locked] = await removeKeyFiles(this.target, [name]);
    if (locked !== undefined)
      throw new TargetError(
        'locked',
        `the key ${locked.slice(0, 12)} is locked at ${this.target.description}`,
      );
  }

  /**
   * The new key first, then all those of the old password away. Returns the keys that the target does not let go yet: the old
   * password goes on opening it. Throws WrongPasswordError when none is.
   */
  async changePassword(old: string, next: string, cost?: KeyCost): Promise<readonly string[]> {
    const outdated: string[] = [];
    for (const name of await namesOf(this.target, 'key')) {
      if ((await tryKey(this.target, name, old)) !== undefined) outdated.push(name);
    }
    if (outdated.length === 0) throw new WrongPasswordError('no key opens with the old password');
    const added = await saveKey(this.target, this.masterKey, next, cost);
    return removeKeyFiles(
      this.target,
      outdated.filter((name) => name !== added),
    );
  }

  /** One writer at a time on one Repository object; others open their own. */
  async beginWriting(lock: RepositoryLock, options: WriterOptions = {}): Promise<RepositoryWriter> {
    if (this.config.version !== 2) throw new RangeError('only repositories of version 2 are written');
    if (this.#writer?.isOpen === true) throw new Error('another writer of this repository is open');
    const writer = new RepositoryWriter(this, this.#indexes, lock, options);
    this.#writer = writer;
    try {
      // Under the lock: what is in it now no prune takes away.
      await writer.begin();
    } catch (error) {
      await writer.close();
      throw error;
    }
    return writer;
  }

  /** Stops threads; the target stays open. */
  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
