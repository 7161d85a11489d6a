/** Recomputes damaged and lost files from parity. Needs no key: a file is right when it hashes to its name. */
import { createHash, hash } from 'node:crypto';
import type { FileKind, Target } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';
import type { GroupFile } from './group-plan.ts';
import { protectedKinds } from './group-plan.ts';
import { GroupReader } from './group-reader.ts';
import type { Group } from './groups.ts';
import { listSizes, readGroups } from './groups.ts';
import { readParityFile } from './parity-file.ts';
import type { FileName } from './withdrawn.ts';
import { fileKey, readWithdrawn } from './withdrawn.ts';

export interface ParityFile {
  readonly kind: FileKind;
  readonly name: string;
  readonly bytes: number;
}

export interface ParityRepairReport {
  readonly repaired: readonly ParityFile[];
  /** Known to parity, damaged or gone, and beyond its reach. */
  readonly lost: readonly ParityFile[];
}

export interface ParityRepairOptions {
  /**
   * Only these; default: everything that parity knows and that is damaged or gone, for which all files are read. A key file that
   * is gone comes back only when named here or when no key is left: somebody may have removed a password.
   */
  readonly files?: readonly FileName[];
  /** As for updateParity. Default: a configuration that differs from what parity knows is damaged. */
  readonly isConfig?: (bytes: Buffer) => boolean;
  /** Looks at a file before it is saved; false leaves it away, and it is in neither list. */
  readonly accept?: (file: FileName, bytes: Buffer) => boolean | Promise<boolean>;
  readonly signal?: AbortSignal;
}

const pieceBytes = 8 * 1024 * 1024;

/** Throws TargetError when the target does not answer or has no room. */
export async function repairFromParity(
  target: Target,
  options: ParityRepairOptions = {},
): Promise<ParityRepairReport> {
  const { signal } = options;
  const wanted = options.files === undefined ? undefined : new Set(options.files.map(fileKey));
  const { groups } = await readGroups(target, signal);
  const sizes = await listSizes(target, protectedKinds, signal);
  const withdrawn = await readWithdrawn(target, signal);
  const hasKey = [...sizes.keys()].some((key) => key.startsWith('key/'));
  const repaired = new Map<string, ParityFile>();
  const lost = new Map<string, ParityFile>();
  for (const group of groups) {
    let reader: GroupReader | undefined;
    for (const [number, file] of group.plan.files.entries()) {
      signal?.throwIfAborted();
      const key = fileKey(file);
      if (repaired.has(key) || (wanted !== undefined && !wanted.has(key))) continue;
      if (!sizes.has(key)) {
        const isAway = withdrawn.has(key) || (file.kind === 'key' && hasKey);
        if (wanted === undefined && isAway) continue;
      } else if (await isIntact(target, file, sizes.get(key), options)) continue;
      const { kind, name, bytes } = file;
      reader ??= await openGroup(target, group, signal);
      const found = await reader?.recover(number);
      if (found === undefined || hash('sha256', found, 'hex') !== (file.sha256 ?? name)) {
        lost.set(key, { kind, name, bytes });
        continue;
      }
      lost.delete(key);
      if (options.accept !== undefined && !(await options.accept({ kind, name }, found))) continue;
      await replaceFile(target, { kind, name }, found, signal);
      repaired.set(key, { kind, name, bytes });
    }
  }
  return { repaired: [...repaired.values()], lost: [...lost.values()] };
}

async function openGroup(
  target: Target,
  group: Group,
  signal?: AbortSignal,
): Promise<GroupReader | undefined> {
  for (const column of group.columns) {
    const info = await readParityFile(target, column, signal);
    if (info !== undefined) return new GroupReader(target, group, info.sums, signal);
  }
  return undefined;
}

async function isIntact(
  target: Target,
  file: GroupFile,
  size: number | undefined,
  options: ParityRepairOptions,
): Promise<boolean> {
  const { signal } = options;
  if (file.kind === 'config') {
    const bytes = await target.read('config', '', undefined, signal);
    return hash('sha256', bytes, 'hex') === file.sha256 || options.isConfig?.(bytes) === true;
  }
  return size === file.bytes && (await fileHash(target, file, file.bytes, signal)) === file.name;
}

/** Undefined: gone, shorter than it should be, or not readable to its end. */
async function fileHash(
  target: Target,
  file: FileName,
  bytes: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const digest = createHash('sha256');
  try {
    if (bytes <= pieceBytes) {
      digest.update(await target.read(file.kind, file.name, undefined, signal));
      return digest.digest('hex');
    }
    for (let offset = 0; offset < bytes; offset += pieceBytes) {
      const length = Math.min(pieceBytes, bytes - offset);
      digest.update(await target.read(file.kind, file.name, { offset, length }, signal));
    }
  } catch (error) {
    signal?.throwIfAborted();
    for (const failure of ['absent', 'short', 'permanent'] as const) {
      if (isTargetFailure(error, failure)) return undefined;
    }
    throw error;
  }
  return digest.digest('hex');
}

/** Puts right bytes in the place of wrong ones, and makes sure that they are there. Throws TargetError. */
export async function replaceFile(
  target: Target,
  file: FileName,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const digest = hash('sha256', bytes, 'hex');
  await target.save(file.kind, file.name, bytes, options);
  if ((await wholeHash(target, file, signal)) === digest) return;
  // A target may take a file that has its name for the same.
  await target.remove(file.kind, file.name, signal);
  await target.save(file.kind, file.name, bytes, options);
}

async function wholeHash(target: Target, file: FileName, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return hash('sha256', await target.read(file.kind, file.name, undefined, signal), 'hex');
  } catch (error) {
    if (isTargetFailure(error, 'absent') || isTargetFailure(error, 'short')) return undefined;
    throw error;
  }
}
