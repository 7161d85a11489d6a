/** Files that were removed on purpose, noted before they go, so that no repair brings them back from parity. */
import { FormatError } from '../format/format-error.ts';
import { asArray, asObject, asString, parseJson } from '../format/json-input.ts';
import type { FileKind, Target } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';

export interface FileName {
  readonly kind: FileKind;
  readonly name: string;
}

const stateName = 'parity-withdrawn';
const noteBytesMax = 256 * 1024 * 1024;

export function fileKey(file: FileName): string {
  return `${file.kind}/${file.name}`;
}

/** Keys of the files. A damaged note is none: a repair may then bring back a file too many, which harms nothing. */
export async function readWithdrawn(target: Target, signal?: AbortSignal): Promise<Set<string>> {
  try {
    const bytes = await target.read('state', stateName, undefined, signal);
    if (bytes.length > noteBytesMax) return new Set();
    const files = asArray(asObject(parseJson(bytes.toString(), 'note'), 'note')['files'], 'note: files');
    return new Set(files.map((file) => asString(file, 'note: file', 80)));
  } catch (error) {
    if (error instanceof FormatError || isTargetFailure(error, 'absent')) return new Set();
    throw error;
  }
}

export async function writeWithdrawn(
  target: Target,
  files: Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ files: [...files] }));
  await target.save('state', stateName, bytes, signal === undefined ? {} : { signal });
}

/**
 * To be called before files are removed on purpose (forget, prune, removal of a key). Cheap: one small file, and none at all
 * where there is no parity.
 */
export async function withdrawFromParity(
  target: Target,
  files: Iterable<FileName>,
  signal?: AbortSignal,
): Promise<void> {
  const keys = [...files].map(fileKey);
  if (keys.length === 0 || !(await hasParity(target, signal))) return;
  const known = await readWithdrawn(target, signal);
  const before = known.size;
  for (const key of keys) known.add(key);
  if (known.size > before) await writeWithdrawn(target, known, signal);
}

async function hasParity(target: Target, signal?: AbortSignal): Promise<boolean> {
  for await (const _file of target.list('parity', signal)) return true;
  return false;
}
