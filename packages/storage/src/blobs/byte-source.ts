/** Bytes that can be read at any place: a pack on disk or on a shelf. */
export interface ByteSource {
  readonly size: number;
  /** Exactly that many bytes, fewer only where the source ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Serves neighbouring small reads from one larger one. */
export class ReadAhead implements ByteSource {
  readonly #source: ByteSource;
  readonly #aheadBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #windowOffset = 0;
  /** Bytes taken from the source so far. */
  bytesRead = 0;

  constructor(source: ByteSource, aheadBytes: number) {
    this.#source = source;
    this.#aheadBytes = aheadBytes;
  }

  get size(): number {
    return this.#source.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const start = offset - this.#windowOffset;
    if (start >= 0 && start + wanted <= this.#window.length) {
      return this.#window.subarray(start, start + wanted);
    }
    const window = await this.#source.read(
      offset,
      Math.min(Math.max(wanted, this.#aheadBytes), this.size - offset),
    );
    this.bytesRead += window.length;
    this.#window = window;
    this.#windowOffset = offset;
    return window.subarray(0, wanted);
  }
}
