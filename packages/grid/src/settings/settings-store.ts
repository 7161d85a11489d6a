/** The table of settings that differ from the standard. */
import type { ColumnTypes, Migration, Queries } from '@gridkeep/storage/database/database';

interface SettingTables {
  grid_setting: { name: string; value: string };
}

export const settingMigrations: readonly Migration[] = [
  {
    name: 'settings-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE grid_setting (
        name ${types.text} PRIMARY KEY,
        value ${types.text} NOT NULL
      )${types.strict}`,
    ],
  },
];

export async function readSettings(queries: Queries): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.tables<SettingTables>().selectFrom('grid_setting').selectAll().execute();
  return new Map(rows.map((row) => [row.name, row.value]));
}

export async function writeSetting(queries: Queries, name: string, value: string): Promise<void> {
  await queries
    .tables<SettingTables>()
    .insertInto('grid_setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

export async function deleteSetting(queries: Queries, name: string): Promise<void> {
  await queries.tables<SettingTables>().deleteFrom('grid_setting').where('name', '=', name).execute();
}
