/** Frees in time what V8 takes for small because it lies outside its heap. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const buffersMax = 2 * 1024 * 1024;
const contextsMax = 40 * 1024 * 1024;
/** About what the C library takes for one call at level 3, more for long ones. */
const contextBytes = 1_300_000;

/**
 * Sealing leaves a dead buffer behind with every blob: a scavenge frees those in a fraction of a millisecond. Every call of
 * zstd leaves its whole context, which only a full collection frees (seen with Node 24). Left alone, a thread would hold
 * 130 MB of both.
 */
export class OutsideGarbage {
  readonly #collect: unknown;
  #buffers = 0;
  #contexts = 0;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc');
  }

  /** After so many bytes were sealed, with or without zstd. */
  note(bytes: number, withZstd: boolean): void {
    this.#buffers += bytes;
    if (withZstd) this.#contexts += Math.min(contextBytes, 8 * bytes + 100_000) + bytes;
    if (this.#contexts > contextsMax) {
      this.#contexts = 0;
      this.#buffers = 0;
      this.#run('major');
    } else if (this.#buffers > buffersMax) {
      this.#buffers = 0;
      this.#run('minor');
    }
  }

  #run(type: 'major' | 'minor'): void {
    if (typeof this.#collect === 'function') Reflect.apply(this.#collect, undefined, [{ type }]);
  }
}
