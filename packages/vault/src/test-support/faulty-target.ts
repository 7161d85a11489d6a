/** A target in memory, and one with faults in front of any other, for tests. */
import { isFileName } from '../target/file-paths.ts';
import { TargetError, type FileKind, type Target } from '../target/target.ts';

export interface MemoryTarget extends Target {
  files(kind: FileKind): Map<string, Buffer>;
}

export function memoryTarget(): MemoryTarget {
  const kinds = new Map<FileKind, Map<string, Buffer>>();
  const files = (kind: FileKind): Map<string, Buffer> => {
    const known = kinds.get(kind) ?? new Map<string, Buffer>();
    kinds.set(kind, known);
    return known;
  };
  return {
    description: 'memory',
    files,
    async *list(kind) {
      await Promise.resolve();
      yield* [...files(kind)].map(([name, bytes]) => ({ name, bytes: bytes.length }));
    },
    async read(kind, name, range) {
      await Promise.resolve();
      const bytes = files(kind).get(name);
      if (bytes === undefined) throw new TargetError('absent', `no ${kind} ${name}`);
      const { offset, length } = range ?? { offset: 0, length: bytes.length };
      if (offset + length > bytes.length) throw new TargetError('short', `${kind} ${name} is short`);
      return Buffer.from(bytes.subarray(offset, offset + length));
    },
    async save(kind, name, bytes) {
      if (!isFileName(kind, name)) throw new RangeError(`no name of a ${kind}`);
      // Copied only later, as a target does that writes from the caller's buffer.
      await new Promise((resolve) => setImmediate(resolve));
      files(kind).set(name, Buffer.from(bytes));
    },
    async remove(kind, name) {
      await Promise.resolve();
      files(kind).delete(name);
    },
    close: () => Promise.resolve(),
  };
}

export type TargetCall = 'list' | 'read' | 'save' | 'remove';

/** What `faultyTarget` looks at on every call: change it at any time. */
export interface Faults {
  /** Called before each call; throw to fail it, wait to slow it. */
  before?: ((call: TargetCall, kind: FileKind, name: string) => void | Promise<void>) | undefined;
  /** What read gives instead. */
  damage?: ((kind: FileKind, name: string, bytes: Buffer) => Buffer) | undefined;
  /** Every call fails, 'passing', as long as it is true. */
  vanished?: boolean | undefined;
  /** No more bytes than these are taken; then 'full'. */
  room?: number | undefined;
}

export function faultyTarget(target: Target, faults: Faults): Target {
  const meet = async (call: TargetCall, kind: FileKind, name: string): Promise<void> => {
    if (faults.vanished === true) throw new TargetError('passing', 'the target is gone');
    await faults.before?.(call, kind, name);
  };
  return {
    description: target.description,
    async *list(kind, signal) {
      await meet('list', kind, '');
      yield* target.list(kind, signal);
    },
    async read(kind, name, range, signal) {
      await meet('read', kind, name);
      const bytes = await target.read(kind, name, range, signal);
      return faults.damage?.(kind, name, bytes) ?? bytes;
    },
    async save(kind, name, bytes, options) {
      await meet('save', kind, name);
      if (faults.room !== undefined) {
        if (faults.room < bytes.length) throw new TargetError('full', 'no room');
        faults.room -= bytes.length;
      }
      await target.save(kind, name, bytes, options);
    },
    async remove(kind, name, signal) {
      await meet('remove', kind, name);
      await target.remove(kind, name, signal);
    },
    ...(target.protect === undefined ? {} : { protect: target.protect.bind(target) }),
    ...(target.cold === undefined ? {} : { cold: target.cold }),
    close: () => target.close(),
  };
}
