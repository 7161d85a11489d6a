/** Looks at configuration, keys, snapshots and index files: there, named by their hashes, readable. */
import { FormatError } from '../format/format-error.ts';
import { asObject, parseJson } from '../format/json-input.ts';
import { readIndexFile } from '../format/index-file.ts';
import { readRepositoryConfig } from '../format/repository-config.ts';
import type { StoredSnapshot } from '../format/snapshot.ts';
import { readGroups } from '../parity/groups.ts';
import { fileKey, readWithdrawn } from '../parity/withdrawn.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import { namesOf, openingFile, readHashed } from '../repository/repository-files.ts';
import type { Repository } from '../repository/repository.ts';
import type { FileKind } from '../target/target.ts';
import { TargetError, isTargetFailure } from '../target/target.ts';
import type { Finding, FindingKind } from './findings.ts';
import { fileInWords, finding } from './findings.ts';
import type { FindingsList } from './findings-list.ts';
import type { VerifyOptions } from './verify-options.ts';

export interface CheckedFiles {
  /** Those that can be read, newest first. */
  readonly snapshots: readonly StoredSnapshot[];
  readonly index: BlobIndex;
}

export async function checkFiles(
  repository: Repository,
  list: FindingsList,
  options: VerifyOptions,
): Promise<CheckedFiles> {
  const { signal } = options;
  await checkConfig(repository, list, signal);
  const keys = await checkKeys(repository, list, signal);
  const snapshotNames = new Set(await namesOf(repository.target, 'snapshot', signal));
  const snapshots: StoredSnapshot[] = [];
  for (const name of snapshotNames) {
    signal?.throwIfAborted();
    const snapshot = await looked(list, 'snapshot', name, () => repository.readSnapshot(name));
    if (snapshot !== undefined) snapshots.push(snapshot);
    options.progress?.({ stage: 'structure', done: snapshots.length, all: snapshotNames.size, bytes: 0 });
  }
  const index = await repository.loadIndex({ ...(signal && { signal }), onDamaged: () => undefined });
  list.begin(index);
  const indexNames = new Set(await namesOf(repository.target, 'index', signal));
  for (const name of indexNames) {
    signal?.throwIfAborted();
    // Read again even when a cache knows it: the cache is not the repository.
    await looked(list, 'index', name, async () => {
      const text = await repository.readUnpacked('index', name, signal);
      return openingFile('index', name, () => readIndexFile(text));
    });
  }
  const known = { key: new Set(keys), snapshot: snapshotNames, index: indexNames };
  await checkAgainstParity(repository, list, known, signal);
  return { snapshots: snapshots.sort((a, b) => b.time - a.time), index };
}

async function checkConfig(repository: Repository, list: FindingsList, signal?: AbortSignal): Promise<void> {
  await looked(list, 'config', '', async () => {
    const sealed = await repository.target.read('config', '', undefined, signal);
    const config = openingFile('config', '', () => readRepositoryConfig(repository.sealer.open(sealed)));
    if (config.id !== repository.id) {
      throw new RepositoryDamagedError(
        'config',
        '',
        'it names another repository than the one that was opened',
      );
    }
    return config;
  });
}

async function checkKeys(
  repository: Repository,
  list: FindingsList,
  signal?: AbortSignal,
): Promise<string[]> {
  const names = await namesOf(repository.target, 'key', signal);
  for (const name of names) {
    await looked(list, 'key', name, async () => {
      const bytes = await readHashed(repository.target, 'key', name, signal);
      return openingFile('key', name, () => asObject(parseJson(bytes.toString(), 'key'), 'key'));
    });
  }
  if (names.length === 0) {
    const detail = 'No key file is left: no password opens this repository any more.';
    list.add(finding('missing', { kind: 'key', name: '' }, detail));
  }
  return names;
}

/** Undefined, and a finding, for what is damaged. */
async function looked<T>(
  list: FindingsList,
  kind: FileKind,
  name: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const found = findingOf({ kind, name }, error);
    if (found === undefined) throw error;
    if (found !== 'gone' || kind === 'config') {
      list.add(found === 'gone' ? finding('missing', { kind, name }, 'The configuration is gone.') : found);
    }
    return undefined;
  }
}

/** 'gone': removed since it was listed. Undefined: not the fault of the file. */
export function findingOf(
  file: { readonly kind: FileKind; readonly name: string },
  error: unknown,
): Finding | 'gone' | undefined {
  const name = fileInWords(file);
  if (isTargetFailure(error, 'absent')) return 'gone';
  if (isTargetFailure(error, 'short')) {
    return finding('wrong size', file, `The file of ${name} ends too early.`);
  }
  if (error instanceof TargetError && error.failure === 'permanent') {
    return finding('unreadable', file, `The file of ${name} is there and cannot be read: ${error.message}.`);
  }
  if (error instanceof RepositoryDamagedError || error instanceof FormatError) {
    const isContent = error.message.includes('does not have its hash');
    const kind: FindingKind = isContent ? 'wrong content' : 'unreadable';
    const why = isContent
      ? 'its bytes were changed since it was written'
      : 'it cannot be opened or understood';
    return finding(kind, file, `The file of ${name} is damaged: ${why}.`);
  }
  return undefined;
}

/** Files that nothing else knows of when they are gone: parity remembers them. */
async function checkAgainstParity(
  repository: Repository,
  list: FindingsList,
  present: Readonly<Record<'key' | 'snapshot' | 'index', ReadonlySet<string>>>,
  signal?: AbortSignal,
): Promise<void> {
  const { groups, useless } = await readGroups(repository.target, signal);
  for (const name of useless) {
    const file = { kind: 'parity', name } as const;
    list.add(finding('unreadable', file, `The ${fileInWords(file)} cannot be read; it is to be made anew.`));
  }
  const withdrawn = await readWithdrawn(repository.target, signal);
  const seen = new Set<string>();
  for (const { plan, isWhole, columns } of groups) {
    if (!isWhole) {
      const [left] = columns;
      const detail = `Parity files of the group of ${left?.name.slice(0, 12) ?? ''} are gone or cut off; they are to be made anew.`;
      list.add(finding('missing', { kind: 'parity', name: '' }, detail));
    }
    for (const { kind, name } of plan.files) {
      const key = fileKey({ kind, name });
      if (seen.has(key) || withdrawn.has(key)) continue;
      if (kind !== 'key' && kind !== 'snapshot' && kind !== 'index') continue;
      if (present[kind].has(name)) continue;
      seen.add(key);
      const words = fileInWords({ kind, name });
      const detail = `The file of ${words} is gone, and nobody noted that it was removed on purpose.`;
      const found = finding('missing', { kind, name }, detail);
      // restic removes index files and keys without a note; whether blobs are missing shows elsewhere.
      list.add(kind === 'snapshot' ? found : { ...found, severity: 'notice' });
    }
  }
}
