/** Columns of rows that are queried by name: their types are checked where they come in. */
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { TableRow } from '../backup-layout/table-rows.ts';

export function textColumn(row: TableRow, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw new TypeError(`column ${name} holds no text`);
  return value;
}

export function numberColumn(row: TableRow, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw new TypeError(`column ${name} holds no number`);
  return value;
}

export function bytesColumn(row: TableRow, name: string): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} holds no bytes`);
  return value;
}

export function uuidColumn(row: TableRow, name: string): Uuid {
  const value = row[name];
  if (typeof value === 'string' || value instanceof Uint8Array) return readUuid(value);
  throw new TypeError(`column ${name} holds no id`);
}
