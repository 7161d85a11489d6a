/** A bounds-checked cursor over the little-endian binary blocks of prims and animations. */

/** A block that ends early or holds an impossible value. */
export class BlockError extends Error {
  override readonly name = 'BlockError';
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Moves on by `count` bytes and returns where they start; throws a BlockError when fewer are left. */
  #take(count: number): number {
    if (count > this.left)
      throw new BlockError(`${count} bytes wanted at ${this.#at}, ${this.left} are left`);
    const start = this.#at;
    this.#at += count;
    return start;
  }

  skip(count: number): void {
    this.#take(count);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** Text up to a NUL that must come within `lengthMax` bytes. */
  cString(lengthMax: number): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0 || end - this.#at > lengthMax)
      throw new BlockError(`no end of text within ${lengthMax} bytes of ${this.#at}`);
    const text = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, end - this.#at);
    this.#at = end + 1;
    return text.toString('utf8');
  }
}
