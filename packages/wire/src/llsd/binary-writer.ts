/** Writes LLSD in binary. Integers and reals are big-endian, dates little-endian, as everybody reads them. */
import { uuidToBytes } from '../uuid.ts';
import { writtenBinaryHeader } from './headers.ts';
import type { LlsdValue } from './value.ts';
import { LlsdDate, LlsdReal, LlsdUri, LlsdUuid, isLlsdMap, requireDepth, requireInteger } from './value.ts';

/** One value; with `header` the line that names the form comes first. Throws LlsdError for what cannot be written. */
export function writeLlsdBinary(value: LlsdValue, { header = false } = {}): Uint8Array {
  const writer = new BinaryWriter();
  if (header) writer.ascii(writtenBinaryHeader);
  writer.value(value, 1);
  return writer.result();
}

const firstBytes = 1024;

class BinaryWriter {
  #bytes = Buffer.alloc(firstBytes);
  #length = 0;

  result(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  ascii(text: string): void {
    const at = this.#reserve(text.length);
    this.#bytes.write(text, at, 'latin1');
  }

  value(value: LlsdValue, depth: number): void {
    requireDepth(depth);
    if (value === undefined) this.ascii('!');
    else if (typeof value === 'boolean') this.ascii(value ? '1' : '0');
    else if (typeof value === 'number') {
      this.ascii('i');
      const at = this.#reserve(4);
      this.#bytes.writeInt32BE(requireInteger(value), at);
    } else if (typeof value === 'string') this.#text('s', value);
    else if (value instanceof LlsdReal) {
      this.ascii('r');
      this.#float(value.value, false);
    } else if (value instanceof LlsdDate) {
      this.ascii('d');
      this.#float(value.seconds, true);
    } else if (value instanceof LlsdUuid) {
      this.ascii('u');
      this.#raw(uuidToBytes(value.id));
    } else if (value instanceof LlsdUri) this.#text('l', value.text);
    else if (value instanceof Uint8Array) {
      this.ascii('b');
      this.#count(value.length);
      this.#raw(value);
    } else if (isLlsdMap(value)) this.#map(value, depth);
    else this.#array(value, depth);
  }

  #map(map: ReadonlyMap<string, LlsdValue>, depth: number): void {
    this.ascii('{');
    this.#count(map.size);
    for (const [key, member] of map) {
      this.#text('k', key);
      this.value(member, depth + 1);
    }
    this.ascii('}');
  }

  #array(array: readonly LlsdValue[], depth: number): void {
    this.ascii('[');
    this.#count(array.length);
    for (const item of array) this.value(item, depth + 1);
    this.ascii(']');
  }

  #text(tag: string, text: string): void {
    this.ascii(tag);
    const length = Buffer.byteLength(text, 'utf8');
    this.#count(length);
    const at = this.#reserve(length);
    this.#bytes.write(text, at, 'utf8');
  }

  #float(value: number, littleEndian: boolean): void {
    const at = this.#reserve(8);
    if (littleEndian) this.#bytes.writeDoubleLE(value, at);
    else this.#bytes.writeDoubleBE(value, at);
  }

  #count(count: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(count, at);
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Makes room, doubling so that the total copying stays linear, and returns where it begins. */
  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = needed;
    return at;
  }
}
