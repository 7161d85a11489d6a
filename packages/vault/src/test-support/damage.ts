/** Random damage to the files of a repository in memory, the same for the same seed. */
import { readIndexFile, writeIndexFile } from '../format/index-file.ts';
import { packUnpacked, readUnpacked } from '../format/unpacked.ts';
import { hashName } from '../repository/repository-files.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { FileKind } from '../target/target.ts';
import type { MemoryTarget } from './faulty-target.ts';
import { memoryTarget } from './faulty-target.ts';

export const repositoryKinds = ['config', 'key', 'snapshot', 'index', 'pack'] as const satisfies FileKind[];

export function cloneTarget(target: MemoryTarget, kinds: readonly FileKind[]): MemoryTarget {
  const clone = memoryTarget();
  for (const kind of kinds) {
    for (const [name, bytes] of target.files(kind)) clone.files(kind).set(name, bytes);
  }
  return clone;
}

export const damages = [
  'flip a bit',
  'overwrite a range',
  'truncate',
  'lengthen',
  'empty',
  'delete',
  'swap two files',
  'take the content of another file',
  'zero a sector',
] as const;
export type Damage = (typeof damages)[number];

/** Says what was done. Nothing is done in place: the bytes may be shared with another target. */
export function damageOne(
  target: MemoryTarget,
  next: (below: number) => number,
  kinds: readonly FileKind[] = repositoryKinds,
): string {
  const files = kinds.flatMap((kind) => [...target.files(kind).keys()].map((name) => ({ kind, name })));
  const file = files[next(files.length)];
  const damage = damages[next(damages.length)] ?? 'flip a bit';
  if (file === undefined) return 'nothing there';
  const said = `${damage}: ${file.kind} ${file.name.slice(0, 8)}`;
  const all = target.files(file.kind);
  const old = all.get(file.name) ?? Buffer.alloc(0);
  const bytes = Buffer.from(old);
  const at = next(Math.max(1, bytes.length));
  switch (damage) {
    case 'flip a bit':
      bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
      all.set(file.name, bytes);
      break;
    case 'overwrite a range':
      for (let place = at; place < Math.min(bytes.length, at + 1 + next(600)); place += 1) {
        bytes[place] = (bytes[place] ?? 0) ^ (1 + next(255));
      }
      all.set(file.name, bytes);
      break;
    case 'truncate':
      all.set(file.name, bytes.subarray(0, at));
      break;
    case 'lengthen':
      all.set(file.name, Buffer.concat([bytes, Buffer.alloc(1 + next(100), next(256))]));
      break;
    case 'empty':
      all.set(file.name, Buffer.alloc(0));
      break;
    case 'delete':
      all.delete(file.name);
      break;
    case 'zero a sector':
      all.set(file.name, bytes.fill(0, at - (at % 512), Math.min(bytes.length, at - (at % 512) + 512)));
      break;
    default: {
      const others = files.filter(({ name }) => name !== file.name);
      const other = others[next(others.length)];
      if (other === undefined) break;
      all.set(file.name, target.files(other.kind).get(other.name) ?? Buffer.alloc(0));
      if (damage === 'swap two files') target.files(other.kind).set(other.name, old);
      return `${said} and ${other.kind} ${other.name.slice(0, 8)}`;
    }
  }
  return said;
}

/** An index file that is sealed and named as it should be, and does not say the truth. */
export function lyingIndex(target: MemoryTarget, sealer: Sealer, next: (below: number) => number): string {
  const names = [...target.files('index').keys()];
  const name = names[next(names.length)] ?? '';
  const text = readUnpacked(sealer.open(target.files('index').get(name) ?? Buffer.alloc(0)));
  const packs = readIndexFile(text).packs.map((pack) => ({ ...pack, blobs: [...pack.blobs] }));
  const pack = packs[next(packs.length)];
  const lie = next(5);
  if (pack !== undefined) {
    const at = next(pack.blobs.length);
    const blob = pack.blobs[at];
    if (lie === 0) pack.blobs.splice(at, 1);
    else if (blob !== undefined) {
      const changed = [
        blob,
        { ...blob, offset: blob.offset + 1 + next(50) },
        { ...blob, length: blob.length + 1 + next(50) },
        { ...blob, type: blob.type === 'data' ? ('tree' as const) : ('data' as const) },
        { ...blob, uncompressedLength: (blob.uncompressedLength ?? blob.length) + 1 + next(50) },
      ][lie];
      pack.blobs[at] = changed ?? blob;
    }
  }
  const sealed = sealer.seal(packUnpacked(writeIndexFile(packs.filter(({ blobs }) => blobs.length > 0))));
  target.files('index').delete(name);
  target.files('index').set(hashName(sealed), sealed);
  return `index ${name.slice(0, 8)} lies (${lie}) about pack ${pack?.id.slice(0, 8) ?? ''}`;
}
