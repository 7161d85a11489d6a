/** LLSD in binary, as mesh assets, zipped blocks and some messages hold it. Lengths and counts are big-endian. */
import { tryDecodeUtf8 } from '../utf8.ts';
import { uuidFromBytes } from '../uuid.ts';
import { afterBinaryHeader } from './headers.ts';
import { readQuoted } from './quoted.ts';
import type { LlsdLimits, LlsdValue } from './value.ts';
import { LlsdBudget, LlsdDate, LlsdError, LlsdReal, LlsdUri, LlsdUuid, limitsFor } from './value.ts';

/** Reads one value, with or without a header, that fills the input. Throws LlsdError. */
export function readLlsdBinary(bytes: Uint8Array, limits: Partial<LlsdLimits> = {}): LlsdValue {
  const { value, end } = readLlsdBinaryPrefix(bytes, limits);
  if (end !== bytes.length) throw new LlsdError(`${bytes.length - end} bytes after the value`, end);
  return value;
}

/**
 * As `readLlsdBinary`, but allows more bytes after the value, which begin at `end`:
 * the blocks of a mesh follow its header map. The length limit applies to what is read, not to what follows.
 */
export function readLlsdBinaryPrefix(
  bytes: Uint8Array,
  limits: Partial<LlsdLimits> = {},
): { value: LlsdValue; end: number } {
  const all = limitsFor(0, limits);
  const head = bytes.length > all.lengthMax ? bytes.subarray(0, all.lengthMax) : bytes;
  return new BinaryReader(head, all).document();
}

/** The least that a member of a map takes: an empty key in quotes and the tag of the value. */
const memberBytesMin = 3;

class BinaryReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #budget: LlsdBudget;
  #at = 0;

  constructor(bytes: Uint8Array, limits: LlsdLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#budget = new LlsdBudget(limits);
  }

  document(): { value: LlsdValue; end: number } {
    this.#at = afterBinaryHeader(this.#bytes);
    const value = this.#value(1);
    return { value, end: this.#at };
  }

  #value(depth: number): LlsdValue {
    const start = this.#at;
    this.#budget.enter(depth, start);
    const tag = this.#tag();
    switch (tag) {
      case '!':
        return undefined;
      case '1':
        return true;
      case '0':
        return false;
      case 'i':
        return this.#view.getInt32(this.#take(4));
      case 'r':
        return new LlsdReal(this.#view.getFloat64(this.#take(8)));
      case 'd':
        // Both known implementations write the date in host order while all else is big-endian.
        return new LlsdDate(this.#view.getFloat64(this.#take(8), true));
      case 'u':
        return new LlsdUuid(uuidFromBytes(this.#bytes, this.#take(16)));
      case 's':
        return this.#text();
      case 'l':
        return new LlsdUri(this.#text());
      case 'b':
        return new Uint8Array(this.#blob());
      case '"':
      case "'":
        return this.#quoted();
      case '[':
        return this.#array(depth);
      case '{':
        return this.#map(depth);
      default:
        throw new LlsdError(`the unknown tag ${JSON.stringify(tag)}`, start);
    }
  }

  #array(depth: number): LlsdValue {
    const count = this.#count(1);
    const array: LlsdValue[] = [];
    for (let index = 0; index < count; index++) array.push(this.#value(depth + 1));
    this.#close(']');
    return array;
  }

  #map(depth: number): LlsdValue {
    const count = this.#count(memberBytesMin);
    const map = new Map<string, LlsdValue>();
    for (let index = 0; index < count; index++) {
      const key = this.#key();
      map.set(key, this.#value(depth + 1));
    }
    this.#close('}');
    return map;
  }

  #key(): string {
    const start = this.#at;
    const tag = this.#tag();
    if (tag === 'k') return this.#text();
    if (tag === '"' || tag === "'") return this.#quoted();
    throw new LlsdError(`the tag ${JSON.stringify(tag)} where a key must stand`, start);
  }

  /** A count of values that take at least so many bytes each, refused when they cannot all be there. */
  #count(bytesEach: number): number {
    const start = this.#at;
    const count = this.#view.getUint32(this.#take(4));
    if (count * bytesEach > this.#bytes.length - this.#at)
      throw new LlsdError(`${count} values declared, but the input is too short for them`, start);
    this.#budget.expect(count, start);
    return count;
  }

  #text(): string {
    const start = this.#at;
    const text = tryDecodeUtf8(this.#blob());
    if (text === undefined) throw new LlsdError('a string that is not UTF-8', start);
    return text;
  }

  /** Length and bytes. Lengths of 2^31 and more are negative to other implementations; none fits in here. */
  #blob(): Uint8Array {
    const length = this.#view.getUint32(this.#take(4));
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  #quoted(): string {
    const { text, end } = readQuoted(this.#bytes, this.#at - 1);
    this.#at = end;
    return text;
  }

  #close(wanted: string): void {
    const start = this.#at;
    if (this.#tag() !== wanted) throw new LlsdError(`no '${wanted}' after the declared values`, start);
  }

  #tag(): string {
    return String.fromCharCode(this.#view.getUint8(this.#take(1)));
  }

  /** Moves over so many bytes and returns where they begin. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start)
      throw new LlsdError(`the input ends inside a value that needs ${length} bytes more`, start);
    this.#at = start + length;
    return start;
  }
}
