/** Deterministic randomness: one seed gives the same world on every machine. */
import { createCipheriv, createHash } from 'node:crypto';
import { parseUuid, type Uuid } from '@gridkeep/wire/uuid';

const poolBytes = 32 * 1024 * 1024;

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1): mulberry32, good enough for shapes and sizes, not for secrets. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Log-normal with the given mean; `sigma` is the spread of the logarithm. */
  logNormal(mean: number, sigma: number): number {
    const gauss = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return Math.exp(Math.log(mean) - (sigma * sigma) / 2 + sigma * gauss);
  }
}

/** The id of thing number `index` of a seeded world. */
export function seededUuid(seed: number, label: string, index: number): Uuid {
  const hex = createHash('md5').update(`${seed}/${label}/${index}`).digest('hex');
  return parseUuid(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

/** Bytes that no compressor shortens, cut from one pool, so that making gigabytes of them costs a copy. */
export class NoisePool {
  readonly #pool: Buffer;

  constructor(seed: number) {
    const key = createHash('sha256').update(`noise ${seed}`).digest();
    this.#pool = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(poolBytes));
  }

  /** Fills `target` with noise that is unlike that of any other `serial`. */
  fill(target: Buffer, serial: number): void {
    const start = (serial * 7919 * 64) % (poolBytes - 1);
    let written = 0;
    let from = start;
    while (written < target.length) {
      written += this.#pool.copy(target, written, from, Math.min(poolBytes, from + target.length - written));
      from = 0;
    }
    // The pool repeats; the serial in the first bytes keeps contents apart.
    if (target.length >= 8) target.writeDoubleLE(serial + 0.5, 0);
  }
}
