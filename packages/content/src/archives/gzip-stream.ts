import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';

export interface CompressionOptions {
  /** zlib's 1 (fast) to 9 (small); 0 stores. Textures, sounds and meshes hardly shrink at any level. */
  readonly level?: number;
  readonly signal?: AbortSignal;
}

const blockBytes = 256 * 1024;
const levelDefault = 6;

/**
 * One gzip member, compressed off the main thread while the next block is collected. Memory is a few blocks; the
 * source is not asked for more than the reader takes. Its header holds no time: the same bytes give the same file.
 */
export async function* compress(
  source: AsyncIterable<Uint8Array>,
  options: CompressionOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const gzip = createGzip({ level: options.level ?? levelDefault, chunkSize: blockBytes });
  const { signal } = options;
  let failure: Error | undefined;
  // The error also ends the iteration below; the callback is only there so that none goes unhandled.
  pipeline(inBlocks(source), gzip, (error) => (failure = error ?? undefined));
  const onAbort = (): void => void gzip.destroy(abortError(signal));
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of gzip) if (chunk instanceof Uint8Array) yield chunk;
    if (failure !== undefined) throw failure;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    gzip.destroy();
  }
}

function abortError(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** Headers and small bodies joined: each write to zlib is a trip to the thread pool. */
async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let block = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + blockBytes - filled);
      block.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled === blockBytes) {
        yield block;
        block = Buffer.allocUnsafeSlow(blockBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
