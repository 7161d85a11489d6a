/** Writes LLSD in XML the way OpenSimulator does: one line, zero and empty values as `<integer />`, booleans as 1 and 0. */
import { encodeBase64 } from '../base64.ts';
import { formatIsoTimestamp, isWritableTimestamp } from '../timestamp.ts';
import { zeroUuid } from '../uuid.ts';
import { escapeXml } from '../xml-tree.ts';
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

/**
 * One `<llsd>` document without a declaration. Characters that XML forbids are left out of strings.
 * Throws LlsdError for what cannot be written: infinities, integers beyond 32 bits, depth beyond 96.
 */
export function writeLlsdXml(value: LlsdValue): string {
  const parts: string[] = ['<llsd>'];
  write(value, parts, 1);
  parts.push('</llsd>');
  return parts.join('');
}

function write(value: LlsdValue, parts: string[], depth: number): void {
  requireDepth(depth);
  if (value === undefined) parts.push('<undef />');
  else if (typeof value === 'boolean') parts.push(value ? '<boolean>1</boolean>' : '<boolean>0</boolean>');
  else if (typeof value === 'number')
    parts.push(leaf('integer', value === 0 ? '' : String(requireInteger(value))));
  else if (typeof value === 'string') parts.push(leaf('string', escapeXml(value)));
  else if (value instanceof LlsdReal) parts.push(`<real>${formatReal(value.value)}</real>`);
  else if (value instanceof LlsdUuid) parts.push(leaf('uuid', value.id === zeroUuid ? '' : value.id));
  else if (value instanceof LlsdDate) parts.push(`<date>${formatDate(value)}</date>`);
  else if (value instanceof LlsdUri) parts.push(leaf('uri', escapeXml(value.text)));
  else if (value instanceof Uint8Array) parts.push(leaf('binary', encodeBase64(value)));
  else if (isLlsdMap(value)) writeMap(value, parts, depth);
  else writeArray(value, parts, depth);
}

function writeMap(map: ReadonlyMap<string, LlsdValue>, parts: string[], depth: number): void {
  if (map.size === 0) {
    parts.push('<map />');
    return;
  }
  parts.push('<map>');
  for (const [key, value] of map) {
    parts.push('<key>', escapeXml(key), '</key>');
    write(value, parts, depth + 1);
  }
  parts.push('</map>');
}

function writeArray(array: readonly LlsdValue[], parts: string[], depth: number): void {
  if (array.length === 0) {
    parts.push('<array />');
    return;
  }
  parts.push('<array>');
  for (const value of array) write(value, parts, depth + 1);
  parts.push('</array>');
}

function leaf(name: string, text: string): string {
  return text === '' ? `<${name} />` : `<${name}>${text}</${name}>`;
}

/** Shared by the text forms. Throws LlsdError outside the years 1 to 9999. */
export function formatDate({ seconds }: LlsdDate): string {
  if (!isWritableTimestamp(seconds)) throw new LlsdError(`a date of ${seconds} seconds cannot be written`);
  return formatIsoTimestamp(seconds);
}
