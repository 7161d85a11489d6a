/**
 * Many residents with large inventories, written straight into a grid's SQLite file: through the services it would take
 * hours. Every one is a copy of a resident that Gridkeep made, with folders and items beside the system folders.
 */
import { DatabaseSync } from 'node:sqlite';
import { uuidToBytes } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { seededUuid } from './random.ts';

export interface ResidentsWorld {
  readonly residents: number;
  /** Folders of each, system folders included. */
  readonly folders: number;
  /** Items of each. */
  readonly items: number;
}

const seed = 11;

export function benchResidentId(index: number): Uuid {
  return seededUuid(seed, 'resident', index);
}

export function benchResidentName(index: number): readonly [string, string] {
  return [`Bench${index}`, 'Resident'];
}

/** A folder of the resident with all the items in it. */
export function benchFolderId(index: number): Uuid {
  return seededUuid(seed, 'folder', index);
}

/** `file` is a grid's database with exactly one resident; nothing else has it open. */
export function addResidents(file: string, world: ResidentsWorld): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000000');
  database.exec(`CREATE TEMP TABLE model AS SELECT * FROM account;
    CREATE TEMP TABLE model_password AS SELECT * FROM authentication;
    CREATE TEMP TABLE model_folder AS SELECT * FROM inventory_folder WHERE owner = (SELECT id FROM model)`);
  const secondary = database
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'inventory_%'",
    )
    .all()
    .map((row) => ({ name: String(row['name']), sql: String(row['sql']) }));
  for (const { name } of secondary) database.exec(`DROP INDEX ${name}`);
  const columns = columnsOf(database, 'account');
  const account = database.prepare(
    `INSERT INTO account SELECT ${columns
      .map(
        (name) => ({ id: ':id', first_name: ':first', last_name: ':last', name_key: ':key' })[name] ?? name,
      )
      .join(', ')} FROM model`,
  );
  const password = database.prepare(
    `INSERT INTO authentication SELECT ${columnsOf(database, 'authentication')
      .map((name) => (name === 'account' ? ':id' : name))
      .join(', ')} FROM model_password`,
  );
  const modelRoot = database.prepare("SELECT id FROM model_folder WHERE name = 'My Inventory'").get()?.['id'];
  if (!(modelRoot instanceof Uint8Array)) throw new Error('the model has no inventory');
  const system = database.prepare(
    `INSERT INTO inventory_folder (id, owner, parent, name, type, version)
     SELECT CASE WHEN id = :modelRoot THEN :root ELSE randomblob(16) END, :id,
       CASE WHEN id = :modelRoot THEN parent ELSE :root END, name, type, version FROM model_folder`,
  );
  const folders = database.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
     INSERT INTO inventory_folder (id, owner, parent, name, type, version)
     SELECT CASE WHEN i = 1 THEN :folder ELSE randomblob(16) END, :id, :root, 'Folder number ' || i, -1, 1 FROM n`,
  );
  const items = database.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
     INSERT INTO inventory_item (${Object.keys(itemColumns).join(', ')})
     SELECT ${Object.values(itemColumns).join(', ')} FROM n`,
  );
  const systemFolders = Number(database.prepare('SELECT count(*) AS n FROM model_folder').get()?.['n']);
  for (let index = 0; index < world.residents; index += 1) {
    const id = uuidToBytes(benchResidentId(index));
    const root = uuidToBytes(seededUuid(seed, 'root', index));
    const folder = uuidToBytes(benchFolderId(index));
    const [first, last] = benchResidentName(index);
    database.exec('BEGIN');
    account.run({ id, first, last, key: nameKeyOf(database, first, last) });
    password.run({ id });
    system.run({ id, root, modelRoot });
    folders.run({ id, root, folder, count: world.folders - systemFolders });
    items.run({ id, folder, count: world.items });
    database.exec('COMMIT');
  }
  for (const { sql } of secondary) database.exec(sql);
  database.exec('ANALYZE');
  database.close();
}

const itemColumns = {
  id: 'randomblob(16)',
  owner: ':id',
  folder: ':folder',
  asset: 'randomblob(16)',
  asset_type: '0',
  inventory_type: '0',
  name: "'Item number ' || i",
  description: "'made for measuring'",
  base_permissions: '647168',
  current_permissions: '647168',
  everyone_permissions: '0',
  group_permissions: '0',
  next_permissions: '581632',
  creator: ':id',
  creator_data: "''",
  creator_claim: "''",
  flags: '0',
  sale_type: '0',
  sale_price: '0',
  group_id: 'zeroblob(16)',
  group_owned: '0',
  creation_date: '1790000000',
};

function columnsOf(database: DatabaseSync, table: string): readonly string[] {
  return database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map((row) => String(row['name']));
}

/** In the form in which the model's key stands. */
function nameKeyOf(database: DatabaseSync, first: string, last: string): string {
  const row = database.prepare('SELECT first_name, last_name, name_key FROM model').get();
  const separator = String(row?.['name_key']).slice(
    String(row?.['first_name']).length,
    -String(row?.['last_name']).length,
  );
  return `${first.toLowerCase()}${separator}${last.toLowerCase()}`;
}
