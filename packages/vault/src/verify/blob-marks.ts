/** One bit per entry of a BlobIndex, by slot. */
export class BlobMarks {
  readonly #bits: Uint32Array;
  #count = 0;

  /** For slots 0 … size − 1. */
  constructor(size: number) {
    this.#bits = new Uint32Array(Math.ceil(size / 32));
  }

  get count(): number {
    return this.#count;
  }

  has(slot: number): boolean {
    return ((this.#bits[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0;
  }

  /** True when it was not marked before. */
  add(slot: number): boolean {
    if (this.has(slot)) return false;
    const word = slot >>> 5;
    if (word >= this.#bits.length) throw new RangeError(`slot ${slot}`);
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (slot & 31));
    this.#count += 1;
    return true;
  }
}
