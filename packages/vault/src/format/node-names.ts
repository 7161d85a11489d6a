/**
 * Names in trees. On disk a name is bytes; here it is a string in which a byte that is not UTF-8 stands as U+DC80 … U+DCFF
 * (the byte in its low half), so that every name goes both ways.
 */
import { isUtf8 } from 'node:buffer';
import { FormatError } from './format-error.ts';

const nameBytesMax = 4096;

/** The name as bytes, as it stands on disk. Throws RangeError for a surrogate that stands for no byte. */
export function nodeNameBytes(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(Buffer.of(code & 0xff));
    else if (code >= 0xd800 && code <= 0xdfff) throw new RangeError('a name with half a character');
    else parts.push(Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}

export function nodeNameFromBytes(bytes: Uint8Array): string {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isUtf8(name)) return name.toString('utf8');
  let text = '';
  for (let at = 0; at < name.length;) {
    const length = sequenceBytes(name, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + name.readUInt8(at));
      at += 1;
    } else {
      text += name.toString('utf8', at, at + length);
      at += length;
    }
  }
  return text;
}

/** Bytes of the character that begins here; 0 when none does. */
function sequenceBytes(bytes: Buffer, at: number): number {
  const first = bytes.readUInt8(at);
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** UTF-16 sorts these in another order than their bytes. */
const sortsApart = /[\ud800-\uffff]/;

/** Like the bytes, which UTF-16 does not: for sorting. */
export function compareNodeNames(a: string, b: string): number {
  if (sortsApart.test(a) || sortsApart.test(b)) return Buffer.compare(nodeNameBytes(a), nodeNameBytes(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** False for what cannot be one entry of a folder: empty, '.', '..', '/' or NUL in it, above 4096 bytes. */
export function isNodeName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.length > nameBytesMax) return false;
  if (name.includes('/') || name.includes('\0')) return false;
  // Three bytes at most for a unit of UTF-16.
  if (name.length * 3 <= nameBytesMax && name.isWellFormed()) return true;
  try {
    return nodeNameBytes(name).length <= nameBytesMax;
  } catch {
    return false;
  }
}

/** Neither this escape nor that of JSON changes anything in these. */
const plainName = /^[0-9A-Za-z !#$%'()*+,./:;=?@[\]^_`{|}~-]*$/;
// As Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the space of ASCII.
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);
const unescapes: ReadonlyMap<string, number> = new Map(
  [...escapes].map(([raw, escaped]) => [escaped.charAt(1), raw.charCodeAt(0)]),
);

/** What stands in a tree's JSON string: Go's strconv.Quote without its quotes. Throws RangeError as `nodeNameBytes`. */
export function escapeNodeName(name: string): string {
  if (plainName.test(name)) return name;
  // Through bytes: single bytes that together are a character are written as that.
  const text = name.isWellFormed() ? name : nodeNameFromBytes(nodeNameBytes(name));
  let escaped = '';
  for (const character of text) escaped += escapes.get(character) ?? escapeCharacter(character);
  return escaped;
}

function escapeCharacter(character: string): string {
  if (printable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code & 0xff, 2)}`;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

const escape = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|(.?))/gsu;

/** The other way, as Go's strconv.Unquote; raw characters are taken too. Throws FormatError. */
export function unescapeNodeName(escaped: string): string {
  // As Go's JSON: half a character becomes U+FFFD.
  const text = escaped.isWellFormed() ? escaped : escaped.toWellFormed();
  if (!/[\\"\n]/.test(text)) return text;
  const parts: Buffer[] = [];
  let at = 0;
  for (const match of text.matchAll(escape)) {
    parts.push(rawPart(text.slice(at, match.index)), unescapeOne(match));
    at = match.index + match[0].length;
  }
  parts.push(rawPart(text.slice(at)));
  return nodeNameFromBytes(Buffer.concat(parts));
}

function rawPart(text: string): Buffer {
  if (/["\n]/.test(text)) throw new FormatError('tree: a name with a raw quote or line break');
  return Buffer.from(text, 'utf8');
}

function unescapeOne([, byte, short, long, octal, letter]: RegExpMatchArray): Buffer {
  if (byte !== undefined) return Buffer.of(Number.parseInt(byte, 16));
  const digits = short ?? long;
  if (digits !== undefined) {
    const code = Number.parseInt(digits, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      throw new FormatError('tree: a name with no such character');
    return Buffer.from(String.fromCodePoint(code), 'utf8');
  }
  const value = octal !== undefined ? Number.parseInt(octal, 8) : unescapes.get(letter ?? '');
  if (value === undefined || value > 0xff) throw new FormatError('tree: a name with an unknown escape');
  return Buffer.of(value);
}
