const nothing = new Uint8Array(0);

/**
 * Walks a stream of chunks by byte counts. What lies within one chunk is handed out as a view of it, so most
 * reads neither copy nor wait.
 */
export class ByteCursor {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = nothing;
  #at = 0;
  #offset = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Bytes handed out or skipped so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that can be taken without waiting. */
  get available(): number {
    return this.#chunk.length - this.#at;
  }

  /** Makes at least one byte available; false at the end of the stream. */
  async fill(): Promise<boolean> {
    while (this.#at >= this.#chunk.length) {
      if (this.#ended) return false;
      const next = await this.#iterator.next();
      if (next.done === true) {
        this.#ended = true;
        this.#chunk = nothing;
        this.#at = 0;
        return false;
      }
      this.#chunk = next.value;
      this.#at = 0;
    }
    return true;
  }

  /** All available bytes, as a view, left where they are. */
  peek(): Uint8Array {
    return this.#chunk.subarray(this.#at);
  }

  /** At most `max` of the available bytes, as a view. */
  take(max: number): Uint8Array {
    const end = Math.min(this.#chunk.length, this.#at + max);
    const view = this.#chunk.subarray(this.#at, end);
    this.#offset += end - this.#at;
    this.#at = end;
    return view;
  }

  /**
   * `count` bytes, or fewer when the stream ends: a view when they lie in one chunk, else a copy.
   * Memory is taken for bytes that came, never for bytes that were announced.
   */
  async read(count: number): Promise<Uint8Array> {
    if (this.available >= count) return this.take(count);
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0 && (await this.fill())) {
      const part = this.take(missing);
      missing -= part.length;
      parts.push(part);
    }
    const only = parts[0];
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** Skips `count` bytes; gives how many there were. */
  async skip(count: number): Promise<number> {
    let missing = count;
    while (missing > 0 && (this.available > 0 || (await this.fill()))) missing -= this.take(missing).length;
    return count - missing;
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#chunk = nothing;
    this.#at = 0;
    await this.#iterator.return?.();
  }
}
