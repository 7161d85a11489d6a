/** LLSD notation, the text form of environment settings and region settings. Read as bytes: its escapes are bytes. */
import { decodeBase64 } from '../base64.ts';
import { parseIsoTimestamp } from '../timestamp.ts';
import { tryDecodeUtf8 } from '../utf8.ts';
import { tryParseUuid } from '../uuid.ts';
import { afterNotationHeader } from './headers.ts';
import { hexDigit, readQuoted } from './quoted.ts';
import type { LlsdLimits, LlsdValue } from './value.ts';
import {
  LlsdBudget,
  LlsdDate,
  LlsdError,
  LlsdReal,
  LlsdUri,
  LlsdUuid,
  limitsFor,
  tryParseInteger,
  tryParseReal,
} from './value.ts';

/** Reads one value, with or without a header. Only white space may follow it. Throws LlsdError. */
export function readLlsdNotation(input: Uint8Array | string, limits: Partial<LlsdLimits> = {}): LlsdValue {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input;
  return new NotationReader(bytes, limitsFor(bytes.length, limits)).document();
}

const comma = 0x2c;
const openBracket = 0x28;
/** Longest spellings first, so that `true` is not taken for `t` and junk. */
const booleans: readonly (readonly [string, boolean])[] = [
  ['false', false],
  ['FALSE', false],
  ['true', true],
  ['TRUE', true],
  ['1', true],
  ['0', false],
  ['t', true],
  ['T', true],
  ['f', false],
  ['F', false],
];
const booleanLengthMax = 5;
const numberLengthMax = 400;
const uuidLength = 36;

class NotationReader {
  readonly #bytes: Uint8Array;
  readonly #budget: LlsdBudget;
  #at: number;

  constructor(bytes: Uint8Array, limits: LlsdLimits) {
    this.#bytes = bytes;
    this.#budget = new LlsdBudget(limits);
    this.#at = afterNotationHeader(bytes);
  }

  document(): LlsdValue {
    const value = this.#value(1);
    this.#skipSpace(false);
    if (this.#at < this.#bytes.length) throw new LlsdError('text after the value', this.#at);
    return value;
  }

  #value(depth: number): LlsdValue {
    this.#skipSpace(false);
    const start = this.#at;
    this.#budget.enter(depth, start);
    switch (this.#character()) {
      case '!':
        this.#at += 1;
        return undefined;
      case 'i':
        return this.#valid(tryParseInteger(this.#number()), start, 'integer');
      case 'r':
        return new LlsdReal(this.#valid(tryParseReal(this.#number()), start, 'real'));
      case 'u':
        this.#at += 1;
        return new LlsdUuid(this.#valid(tryParseUuid(this.#ascii(uuidLength)), start, 'UUID'));
      case "'":
      case '"':
      case 's':
        return this.#string();
      case 'd':
        this.#at += 1;
        return new LlsdDate(this.#valid(parseIsoTimestamp(this.#string()), start, 'date'));
      case 'l':
        this.#at += 1;
        return new LlsdUri(this.#string());
      case 'b':
        return this.#binary();
      case '[':
        return this.#array(depth);
      case '{':
        return this.#map(depth);
      default:
        return this.#boolean();
    }
  }

  #array(depth: number): LlsdValue {
    this.#at += 1;
    const array: LlsdValue[] = [];
    for (;;) {
      this.#skipSpace(true);
      if (this.#skip(']')) return array;
      array.push(this.#value(depth + 1));
    }
  }

  #map(depth: number): LlsdValue {
    this.#at += 1;
    const map = new Map<string, LlsdValue>();
    for (;;) {
      this.#skipSpace(true);
      if (this.#skip('}')) return map;
      const key = this.#string();
      this.#skipSpace(false);
      if (!this.#skip(':')) throw new LlsdError("no ':' after a key", this.#at);
      map.set(key, this.#value(depth + 1));
    }
  }

  #boolean(): boolean {
    const text = this.#peek(booleanLengthMax);
    for (const [word, value] of booleans) {
      if (text.startsWith(word)) {
        this.#at += word.length;
        return value;
      }
    }
    throw new LlsdError(text === '' ? 'the input ends where a value must stand' : 'no LLSD value', this.#at);
  }

  /** `'…'`, `"…"` or `s(length)"raw"` with the length in bytes. */
  #string(): string {
    const start = this.#at;
    const character = this.#character();
    if (character === 's') {
      this.#at += 1;
      const text = tryDecodeUtf8(this.#sized());
      if (text === undefined) throw new LlsdError('a string that is not UTF-8', start);
      return text;
    }
    if (character !== '"' && character !== "'") throw new LlsdError('no string where one must stand', start);
    const { text, end } = readQuoted(this.#bytes, start);
    this.#at = end;
    return text;
  }

  /** `b64"…"`, `b16"…"` or `b(length)"raw"`. */
  #binary(): Uint8Array {
    const start = this.#at;
    this.#at += 1;
    if (this.#bytes[this.#at] === openBracket) return new Uint8Array(this.#sized());
    const encoding = this.#ascii(2);
    const text = this.#string();
    if (encoding === '64') return this.#valid(decodeBase64(text), start, 'base64');
    if (encoding === '16') return this.#valid(decodeHex(text), start, 'base 16');
    throw new LlsdError('binary in an unknown encoding', start);
  }

  /** `(length)` and so many bytes between quotes. */
  #sized(): Uint8Array {
    const start = this.#at;
    const head = this.#peek(14);
    const match = /^\((\d{1,10})\)["']/.exec(head);
    if (match?.[1] === undefined) throw new LlsdError('no (length) before raw bytes', start);
    const from = start + match[0].length;
    const to = from + Number(match[1]);
    const closing = this.#bytes[to];
    if (to >= this.#bytes.length || closing !== this.#bytes[from - 1])
      throw new LlsdError('raw bytes that do not end where their length says', start);
    this.#at = to + 1;
    return this.#bytes.subarray(from, to);
  }

  /** The digits after a one-letter tag, up to the next byte that cannot be part of a number. */
  #number(): string {
    const from = this.#at + 1;
    let to = from;
    let digits = '';
    for (; to - from <= numberLengthMax; to++) {
      const byte = this.#bytes[to];
      if (byte === undefined || !isNumberByte(byte)) break;
      digits += String.fromCharCode(byte);
    }
    this.#at = to;
    return digits;
  }

  #ascii(length: number): string {
    const text = this.#peek(length);
    this.#at += text.length;
    return text;
  }

  #peek(length: number): string {
    return latin1(this.#bytes.subarray(this.#at, this.#at + length));
  }

  /** The character at the current place, '' at the end. */
  #character(): string {
    const byte = this.#bytes[this.#at];
    return byte === undefined ? '' : String.fromCharCode(byte);
  }

  #skip(character: string): boolean {
    if (this.#character() !== character) return false;
    this.#at += 1;
    return true;
  }

  /** Between members commas count as white space, as in viewers. */
  #skipSpace(commas: boolean): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      const space = byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
      if (!space && !(commas && byte === comma)) return;
      this.#at += 1;
    }
  }

  #valid<T>(value: T | undefined, start: number, what: string): T {
    if (value === undefined) throw new LlsdError(`no valid ${what}`, start);
    return value;
  }
}

/** Digits, sign, point, exponent and the letters of `nan`. */
function isNumberByte(byte: number): boolean {
  if (byte >= 0x30 && byte <= 0x39) return true;
  return '+-.eEnNaA'.includes(String.fromCharCode(byte));
}

function decodeHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/[ \t\r\n]+/g, '');
  if (digits.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    const high = hexDigit(digits.charCodeAt(index * 2));
    const low = hexDigit(digits.charCodeAt(index * 2 + 1));
    if (high === undefined || low === undefined) return undefined;
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
