/**
 * LLSD as JSON, the form OpenSimulator's own services exchange. One way only: ids, dates and addresses become
 * strings and binary an array of bytes, so only who knows the field can read it back.
 */
import type { LlsdValue } from './value.ts';
import {
  LlsdDate,
  LlsdReal,
  LlsdUri,
  LlsdUuid,
  formatReal,
  isLlsdMap,
  requireDepth,
  requireInteger,
} from './value.ts';
import { formatDate } from './xml-writer.ts';

/** One JSON text. A whole real keeps its point, a NaN is null as in JSON everywhere. Throws LlsdError. */
export function writeLlsdJson(value: LlsdValue): string {
  const parts: string[] = [];
  write(value, parts, 1);
  return parts.join('');
}

function write(value: LlsdValue, parts: string[], depth: number): void {
  requireDepth(depth);
  if (value === undefined) parts.push('null');
  else if (typeof value === 'boolean') parts.push(value ? 'true' : 'false');
  else if (typeof value === 'number') parts.push(String(requireInteger(value)));
  else if (typeof value === 'string') parts.push(JSON.stringify(value));
  else if (value instanceof LlsdReal) parts.push(jsonReal(value.value));
  else if (value instanceof LlsdUuid) parts.push(`"${value.id}"`);
  else if (value instanceof LlsdDate) parts.push(`"${formatDate(value)}"`);
  else if (value instanceof LlsdUri) parts.push(JSON.stringify(value.text));
  else if (value instanceof Uint8Array) parts.push(`[${value.join(',')}]`);
  else if (isLlsdMap(value)) writeMap(value, parts, depth);
  else writeArray(value, parts, depth);
}

function writeMap(map: ReadonlyMap<string, LlsdValue>, parts: string[], depth: number): void {
  parts.push('{');
  let separator = '';
  for (const [key, value] of map) {
    parts.push(separator, JSON.stringify(key), ':');
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

function jsonReal(value: number): string {
  if (Number.isNaN(value)) return 'null';
  const text = formatReal(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
