import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A file's path, or bytes as they come: an upload that is still arriving will do. */
export type ArchiveSource = string | AsyncIterable<Uint8Array>;

const readBytes = 480 * 1024;

/** The size in bytes when the source is a file. */
export async function sourceBytes(source: ArchiveSource): Promise<number | undefined> {
  return typeof source === 'string' ? (await stat(source)).size : undefined;
}

/**
 * Opens the source. Ending the iteration early closes the file (or ends the given iterable); an abort ends a wait
 * for bytes that do not come.
 */
export async function* readSource(
  source: ArchiveSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  signal?.throwIfAborted();
  const chunks = typeof source === 'string' ? fileChunks(source) : source;
  yield* signal === undefined ? chunks : abortable(chunks, signal);
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array, void, void> {
  const file = createReadStream(path, { highWaterMark: readBytes });
  try {
    for await (const chunk of file) yield asBytes(chunk);
  } finally {
    file.destroy();
  }
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('an archive source must give bytes');
}

async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  // One listener for the whole stream: racing each read against one long-lived promise would keep every race alive.
  let refuse: ((reason: unknown) => void) | undefined;
  const onAbort = (): void => refuse?.(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let waiting = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      waiting = true;
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        refuse = reject;
        iterator.next().then(resolve, reject);
      });
      waiting = false;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    const ended = iterator.return?.();
    // A generator that is still waiting answers return() only when its wait ends, which may be never.
    if (waiting) ended?.catch(() => undefined);
    else await ended;
  }
}
