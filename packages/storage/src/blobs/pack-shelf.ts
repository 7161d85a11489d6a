/** The port to a place that keeps sealed packs: an object store, another disk. Only what the store needs of it. */
import type { ByteSource } from './byte-source.ts';

export interface ShelvedPack {
  readonly name: string;
  readonly bytes: number;
}

/** Every method throws ShelfError for what the caller can tell apart. All may be called concurrently and repeated. */
export interface PackShelf {
  /** Resolves when it is durable there under the name. The source is read in order, again for every attempt. Saving the same again is fine; a failed one leaves nothing under the name. */
  save(name: string, source: ByteSource, signal?: AbortSignal): Promise<void>;
  /** Those bytes exactly, fewer only at the end of the pack. 'absent' when there is no such pack. */
  read(name: string, offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
  /** In the order of names, those after `after` only. */
  list(after?: string, signal?: AbortSignal): AsyncIterable<ShelvedPack>;
  /** Absent is fine. */
  remove(name: string, signal?: AbortSignal): Promise<void>;
}

/** 'absent': no such pack. 'permanent': asking again will not help (credentials, no bucket). 'passing': try again. */
export type ShelfFailure = 'absent' | 'permanent' | 'passing';

export class ShelfError extends Error {
  override readonly name = 'ShelfError';
  readonly failure: ShelfFailure;
  constructor(failure: ShelfFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

export function isAbsent(error: unknown): boolean {
  return error instanceof ShelfError && error.failure === 'absent';
}
