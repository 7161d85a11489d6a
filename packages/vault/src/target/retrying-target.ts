/** A target in front of another that tries again what may pass, waiting longer each time, and limits how long a call may take. */
import { setTimeout as delay } from 'node:timers/promises';
import { TargetError, type Target, type TargetFile } from './target.ts';

export interface RetryOptions {
  /** Default 6. */
  readonly attemptsMax?: number;
  /** Doubled after each attempt, up to `waitMsMax`; the actual wait is between half of it and all of it. */
  readonly waitMs?: number;
  readonly waitMsMax?: number;
  /** For one attempt: so long plus the bytes at 64 KiB a second; default 60 s. A listing: from one file to the next. */
  readonly attemptMs?: number;
}

const slowestBytesPerMs = 64;
/** A whole file whose size is not known before. */
const wholeFileMs = 10 * 60_000;

export function retryingTarget(target: Target, options: RetryOptions = {}): Target {
  const { attemptsMax = 6, waitMs: firstWaitMs = 250, waitMsMax = 10_000, attemptMs = 60_000 } = options;

  async function retrying<T>(
    signal: AbortSignal | undefined,
    limitMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let waitMs = firstWaitMs;
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        return await limited(signal, limitMs, work);
      } catch (error) {
        const mayPass = error instanceof TargetError && error.failure === 'passing';
        if (!mayPass || attempt >= attemptsMax || signal?.aborted === true) throw error;
      }
      await delay(waitMs * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
      waitMs = Math.min(waitMs * 2, waitMsMax);
    }
  }

  async function limited<T>(
    signal: AbortSignal | undefined,
    limitMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ended = new AbortController();
    const both = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const late = new TargetError(
        'passing',
        `${target.description}: no answer within ${Math.ceil(limitMs / 1000)} s`,
      );
      reject(late);
      ended.abort(late);
    }, limitMs);
    try {
      // A mount that hangs does not hear the signal.
      return await Promise.race([promise, work(both)]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whole, so that a listing that broke in the middle can be made again. */
  function listAll(kind: Parameters<Target['list']>[0], signal?: AbortSignal): Promise<TargetFile[]> {
    // The limit is from file to file, inside.
    return retrying(signal, 2 ** 31 - 1, async (both) => {
      const files: TargetFile[] = [];
      const iterator = target.list(kind, both)[Symbol.asyncIterator]();
      for (;;) {
        const next = await limited(both, attemptMs, () => iterator.next());
        if (next.done === true) return files;
        files.push(next.value);
      }
    });
  }

  const { protect, cold } = target;
  return {
    description: target.description,
    async *list(kind, signal) {
      yield* await listAll(kind, signal);
    },
    read: (kind, name, range, signal) =>
      retrying(
        signal,
        attemptMs + (range === undefined ? wholeFileMs : range.length / slowestBytesPerMs),
        (both) => target.read(kind, name, range, both),
      ),
    save: (kind, name, bytes, saveOptions = {}) =>
      retrying(saveOptions.signal, attemptMs + bytes.length / slowestBytesPerMs, (signal) =>
        target.save(kind, name, bytes, { ...saveOptions, signal }),
      ),
    remove: (kind, name, signal) => retrying(signal, attemptMs, (both) => target.remove(kind, name, both)),
    ...(protect === undefined
      ? {}
      : {
          protect: (kind, name, lockedUntil, signal) =>
            retrying(signal, attemptMs, (both) => protect.call(target, kind, name, lockedUntil, both)),
        }),
    ...(cold === undefined
      ? {}
      : {
          cold: {
            description: cold.description,
            availability: (pack, signal) =>
              retrying(signal, attemptMs, (both) => cold.availability(pack, both)),
            fetch: (pack, signal) => retrying(signal, attemptMs, (both) => cold.fetch(pack, both)),
          },
        }),
    close: () => target.close(),
  };
}
