/** A small schema for tests of the database itself. */
import type { Migration, StoredUuid } from '../database.ts';

export interface ItemTables {
  folder: { id: StoredUuid; name: string };
  item: {
    id: StoredUuid;
    folder: StoredUuid | null;
    name: string;
    size: number | bigint;
    weight: number | null;
    hash: Uint8Array | null;
  };
}

export const itemMigrations: readonly Migration[] = [
  {
    name: 'item-1',
    statements: (t) => [
      `create table folder (id ${t.uuid} primary key, name ${t.text} not null unique)${t.strict}`,
      `create table item (
        id ${t.uuid} primary key,
        folder ${t.uuid} references folder (id) deferrable initially deferred,
        name ${t.text} not null check (name <> 'forbidden'),
        size ${t.integer} not null,
        weight ${t.real},
        hash ${t.bytes}
      )${t.strict}`,
    ],
  },
];
