/** The sealed files of a repository that are no packs: read and checked, sealed and saved. */
import { hash } from 'node:crypto';
import { FormatError } from '../format/format-error.ts';
import { packUnpacked, readUnpacked } from '../format/unpacked.ts';
import { SealBrokenError, type Sealer } from '../sealing/sealer.ts';
import { isTargetFailure, type FileKind, type Target } from '../target/target.ts';
import { RepositoryDamagedError } from './repository-errors.ts';

export type UnpackedKind = 'index' | 'snapshot' | 'lock';

export function hashName(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Turns what a codec or the seal complains about into RepositoryDamagedError. */
export function openingFile<T>(kind: string, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SealBrokenError || error instanceof FormatError) {
      throw new RepositoryDamagedError(kind, name, error.message, { cause: error });
    }
    throw error;
  }
}

/**
 * The bytes of a file named by their hash. Read once more when they are not: what was damaged on its way comes right
 * the second time.
 */
export async function readHashed(
  target: Target,
  kind: FileKind,
  name: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    const bytes = await target.read(kind, name, undefined, signal);
    if (hashName(bytes) === name) return bytes;
    if (attempt === 2) throw new RepositoryDamagedError(kind, name, 'its content does not have its hash');
  }
}

export async function readUnpackedFile(
  target: Target,
  sealer: Sealer,
  kind: UnpackedKind,
  name: string,
  signal?: AbortSignal,
): Promise<string> {
  const bytes = await readHashed(target, kind, name, signal);
  return openingFile(kind, name, () => readUnpacked(sealer.open(bytes)));
}

export async function writeUnpackedFile(
  target: Target,
  sealer: Sealer,
  kind: UnpackedKind,
  text: string,
  options: { readonly lockedUntil?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const plain = packUnpacked(text);
  const sealed = sealer.seal(plain);
  // As with packs: what memory spoiled is noticed before it is saved.
  if (!sealer.open(sealed).equals(plain)) throw new Error('sealing gave something else than was sealed');
  const name = hashName(sealed);
  await target.save(kind, name, sealed, options);
  return name;
}

/** Undefined when there is none. */
export async function readIfThere(target: Target, kind: FileKind, name: string): Promise<Buffer | undefined> {
  try {
    return await target.read(kind, name);
  } catch (error) {
    if (isTargetFailure(error, 'absent')) return undefined;
    throw error;
  }
}

export async function namesOf(target: Target, kind: FileKind, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of target.list(kind, signal)) names.push(name);
  return names;
}
