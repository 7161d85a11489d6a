/**
 * Triggers that note what changes. Topics are texts:
 *
 *     asset/<day>/<first four digits of the id>     inv/<owner>/<folder>     region/<id>     table/<name>
 *
 * SQLite notes a topic once, under the epoch in which it changed last. PostgreSQL appends a row for every statement that
 * changed something, so that no transaction waits for another or reads what another writes; its triggers fire once a statement.
 */
import type { DialectName } from '@gridkeep/storage/database/database';
import { assetDay } from './record-changes-store.ts';
import { recordTables } from './record-tables.ts';

/** Part of the triggers' names: to be raised when what they do changes. */
const version = 1;
export const triggerPrefix = 'record_change_';

/** Written by checks of regions all the time: every backup takes it whole, and nobody notes that it changed. */
export const tablesAlwaysTaken: ReadonlySet<string> = new Set(['registered_region']);

interface Topic {
  /** `row` stands for the changed row, old or new. */
  readonly text: (row: string, id: (column: string) => string) => string;
  /** Noted on updates only when this column changes. */
  readonly column?: string;
}

const inFolder = (column: string): Topic['text'] => {
  return (row, id) => `'inv/' || ${id(`${row}.owner`)} || '/' || ${id(`${row}.${column}`)}`;
};
const ofRegion = (column: string): Topic => ({ text: (row, id) => `'region/' || ${id(`${row}.${column}`)}` });
const ofTable = (name: string): Topic => ({ text: () => `'table/${name}'` });

const topicsOf: ReadonlyMap<string, readonly Topic[]> = new Map<string, readonly Topic[]>([
  [
    'asset',
    [
      {
        text: (row, id) => `'asset/' || (${row}.${assetDay}) || '/' || substr(${id(`${row}.id`)}, 1, 4)`,
      },
    ],
  ],
  // What held a folder loses it from its list; what holds it now is above it anyway.
  ['inventory_folder', [{ text: inFolder('id') }, { text: inFolder('parent'), column: 'parent' }]],
  ['inventory_item', [{ text: inFolder('folder') }]],
  // Residents' folders carry their names.
  ['account', [ofTable('account'), { text: (row, id) => `'inv/' || ${id(`${row}.id`)} || '/'` }]],
  ['region', [ofRegion('id')]],
  ['region_object', [ofRegion('region')]],
  ['region_parcel', [ofRegion('region')]],
  ['region_settings', [ofRegion('region')]],
  ['region_terrain', [ofRegion('region')]],
  ['accompanying_asset', [ofTable('accompanying_asset'), ofRegion('holder')]],
]);

export interface ChangeTrigger {
  readonly name: string;
  readonly table: string;
  /** In one transaction. */
  readonly statements: readonly string[];
}

export function changeTriggers(dialect: DialectName): readonly ChangeTrigger[] {
  const make = dialect === 'sqlite' ? sqliteTrigger : postgresTrigger;
  return recordTables
    .filter(({ name }) => !tablesAlwaysTaken.has(name))
    .flatMap(({ name }) => {
      const topics = topicsOf.get(name) ?? [ofTable(name)];
      return events.map((event) => make(name, event, topics));
    });
}

export const changeTable: Readonly<Record<DialectName, string>> = {
  sqlite:
    'CREATE TABLE IF NOT EXISTS record_change (topic TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  postgres:
    'CREATE TABLE IF NOT EXISTS record_change (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text COLLATE "C" NOT NULL)',
};

const events = ['insert', 'update', 'delete'] as const;
type Event = (typeof events)[number];

/** `NAMEDATALEN` of PostgreSQL cuts at 63. */
function triggerName(table: string, event: Event): string {
  return `${triggerPrefix}${version}_${table}_${event}`;
}

function sqliteTrigger(table: string, event: Event, topics: readonly Topic[]): ChangeTrigger {
  const id = (column: string): string => `lower(hex(${column}))`;
  const rows = event === 'insert' ? ['new'] : event === 'delete' ? ['old'] : ['old', 'new'];
  const notes = topics.flatMap(({ text, column }) => {
    const only = event === 'update' && column !== undefined ? `old.${column} IS NOT new.${column}` : 'true';
    const texts = new Set(rows.map((row) => text(row, id)));
    return [...texts].map(
      (topic) =>
        `INSERT INTO record_change (topic, epoch) ` +
        `SELECT ${topic}, epoch FROM record_change_state WHERE id = 1 AND ${only} ` +
        // A WHERE also parts the SELECT from ON CONFLICT for SQLite's parser.
        `ON CONFLICT (topic) DO UPDATE SET epoch = excluded.epoch WHERE record_change.epoch <> excluded.epoch;`,
    );
  });
  const name = triggerName(table, event);
  return {
    name,
    table,
    statements: [`CREATE TRIGGER ${name} AFTER ${event} ON ${table} BEGIN ${notes.join(' ')} END`],
  };
}

function postgresTrigger(table: string, event: Event, topics: readonly Topic[]): ChangeTrigger {
  const id = (column: string): string => `replace(${column}::text, '-', '')`;
  const selects = topics.flatMap(({ text, column }) => {
    const topic = text('r', id);
    if (event === 'insert') return [`SELECT ${topic} FROM new_rows r`];
    if (event === 'delete') return [`SELECT ${topic} FROM old_rows r`];
    if (column === undefined) return [`SELECT ${topic} FROM old_rows r`, `SELECT ${topic} FROM new_rows r`];
    const columns = `id, owner, ${column}`;
    const without = (a: string, b: string): string =>
      `SELECT ${topic} FROM (SELECT ${columns} FROM ${a} EXCEPT SELECT ${columns} FROM ${b}) r`;
    return [without('old_rows', 'new_rows'), without('new_rows', 'old_rows')];
  });
  const rows = {
    insert: 'NEW TABLE AS new_rows',
    delete: 'OLD TABLE AS old_rows',
    update: 'OLD TABLE AS old_rows NEW TABLE AS new_rows',
  };
  const name = triggerName(table, event);
  return {
    name,
    table,
    statements: [
      `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ` +
        `INSERT INTO record_change (topic) SELECT DISTINCT topic FROM (${selects.join(' UNION ALL ')}) topics (topic); ` +
        `RETURN NULL; END $$`,
      `CREATE OR REPLACE TRIGGER ${name} AFTER ${event} ON ${table} REFERENCING ${rows[event]} ` +
        `FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`,
    ],
  };
}
