/**
 * Cuts a stream where its content says so: an insertion changes the chunks it touches and no others. Gridkeep's own cut
 * (gear hash), not restic's: readers only put chunks together. Keyed, so that sizes of chunks do not tell known content.
 */
import type { MasterKey } from '../sealing/master-key.ts';

/** Bytes. */
export const chunkSizes = { min: 64 * 1024, average: 256 * 1024, max: 2 * 1024 * 1024 } as const;

/** The same for every key file of a repository. */
export function chunkingKey(key: MasterKey): Uint8Array {
  void key;
  throw new Error('not yet');
}

/** Chunks are buffers of their own; an empty source gives none. */
export async function* cutChunks(source: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  void [source, key];
  throw new Error('not yet');
}
