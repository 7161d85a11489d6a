/**
 * Writes LLSD notation so that viewers and OpenSimulator both read it: with the header, commas, `b64`,
 * text as raw UTF-8, since OpenSimulator takes `\xHH` for a character and viewers for a byte.
 */
import { encodeBase64 } from '../base64.ts';
import type { LlsdValue } from './value.ts';
import {
  LlsdDate,
  LlsdError,
  LlsdReal,
  LlsdUri,
  LlsdUuid,
  formatReal,
  isLlsdMap,
  requireDepth,
  requireInteger,
} from './value.ts';
import { writtenNotationHeader } from './headers.ts';
import { formatDate } from './xml-writer.ts';

/** The header line and one value. Throws LlsdError for what cannot be written, NaN included. */
export function writeLlsdNotation(value: LlsdValue): string {
  const parts: string[] = [writtenNotationHeader];
  write(value, parts, 1);
  return parts.join('');
}

function write(value: LlsdValue, parts: string[], depth: number): void {
  requireDepth(depth);
  if (value === undefined) parts.push('!');
  else if (typeof value === 'boolean') parts.push(value ? '1' : '0');
  else if (typeof value === 'number') parts.push(`i${requireInteger(value)}`);
  else if (typeof value === 'string') parts.push(quoted(value, "'"));
  else if (value instanceof LlsdReal) parts.push(`r${notationReal(value.value)}`);
  else if (value instanceof LlsdUuid) parts.push(`u${value.id}`);
  else if (value instanceof LlsdDate) parts.push(`d"${formatDate(value)}"`);
  else if (value instanceof LlsdUri) parts.push(`l${quoted(value.text, '"')}`);
  else if (value instanceof Uint8Array) parts.push(`b64"${encodeBase64(value)}"`);
  else if (isLlsdMap(value)) writeMap(value, parts, depth);
  else writeArray(value, parts, depth);
}

function writeMap(map: ReadonlyMap<string, LlsdValue>, parts: string[], depth: number): void {
  parts.push('{');
  let separator = '';
  for (const [key, value] of map) {
    parts.push(separator, quoted(key, "'"), ':');
    write(value, parts, depth + 1);
    separator = ',';
  }
  parts.push('}');
}

function writeArray(array: readonly LlsdValue[], parts: string[], depth: number): void {
  parts.push('[');
  let separator = '';
  for (const value of array) {
    parts.push(separator);
    write(value, parts, depth + 1);
    separator = ',';
  }
  parts.push(']');
}

function notationReal(value: number): string {
  if (Number.isNaN(value)) throw new LlsdError('NaN has no form in notation that all readers share');
  return formatReal(value);
}

const named: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Only what must be escaped is; a control character is a single byte, so its `\xHH` means the same to everybody. */
function quoted(text: string, quote: string): string {
  const escaped = text.replace(/[\0-\x1f\x7f'"\\]/g, (character) => {
    const name = named.get(character);
    if (name !== undefined) return name;
    if (character >= ' ' && character !== '\x7f')
      return character === '\\' || character === quote ? `\\${character}` : character;
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `${quote}${escaped}${quote}`;
}
