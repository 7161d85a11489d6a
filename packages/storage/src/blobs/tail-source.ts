import type { ByteSource } from './byte-source.ts';

const tailBytes = 64 * 1024;

/** Asks once for the end of a remote pack, where trailer and, for most packs, the whole footer stand. */
export async function readTail(source: ByteSource): Promise<ByteSource> {
  const start = Math.max(0, source.size - tailBytes);
  const tail = await source.read(start, source.size - start);
  return {
    size: source.size,
    read: (offset, length) => {
      const from = offset - start;
      if (from < 0 || from + length > tail.length) return source.read(offset, length);
      return Promise.resolve(tail.subarray(from, from + length));
    },
  };
}
