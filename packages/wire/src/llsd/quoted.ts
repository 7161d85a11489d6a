/** Strings between quotes as LLSD notation has them; viewers take them inside binary LLSD as well. */
import { tryDecodeUtf8 } from '../utf8.ts';
import { LlsdError } from './value.ts';

const backslash = 0x5c;
const letterX = 0x78;

/** What a letter after the backslash stands for; any other character stands for itself. */
const escapes: ReadonlyMap<number, number> = new Map([
  [0x61, 0x07],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);

/**
 * Reads from the opening quote, which decides the closing one, and returns the offset after that.
 * Escapes are bytes first and UTF-8 second: viewers write `é` as `\xc3\xa9`.
 */
export function readQuoted(bytes: Uint8Array, start: number): { text: string; end: number } {
  const close = closingQuote(bytes, start);
  const body = bytes.subarray(start + 1, close);
  const text = tryDecodeUtf8(body.includes(backslash) ? unescape(body, start + 1) : body);
  if (text === undefined) throw new LlsdError('a string that is not UTF-8', start);
  return { text, end: close + 1 };
}

function closingQuote(bytes: Uint8Array, start: number): number {
  const quote = bytes[start];
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) return at;
    if (byte === backslash) at += 1;
  }
  throw new LlsdError('a string without its closing quote', start);
}

function unescape(body: Uint8Array, offset: number): Uint8Array {
  const result = new Uint8Array(body.length);
  let length = 0;
  for (let at = 0; at < body.length; at++) {
    let byte = body[at] ?? 0;
    if (byte === backslash) {
      at += 1;
      byte = body[at] ?? 0;
      if (byte === letterX) {
        byte = hexByte(body, at + 1, offset);
        at += 2;
      } else {
        byte = escapes.get(byte) ?? byte;
      }
    }
    result[length] = byte;
    length += 1;
  }
  return result.subarray(0, length);
}

function hexByte(body: Uint8Array, at: number, offset: number): number {
  const high = hexDigit(body[at]);
  const low = hexDigit(body[at + 1]);
  if (high === undefined || low === undefined)
    throw new LlsdError('\\x without two hexadecimal digits', offset + at);
  return high * 16 + low;
}

/** The value of an ASCII hexadecimal digit. */
export function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : undefined;
}
