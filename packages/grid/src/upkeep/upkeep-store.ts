/** When each task of upkeep is due; whoever moves the time on does the task. */
import type { ColumnTypes, Migration, Queries } from '@gridkeep/storage/database/database';

interface UpkeepTables {
  grid_upkeep: { task: string; due_at: number };
}

export const upkeepMigrations: readonly Migration[] = [
  {
    name: 'upkeep-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE grid_upkeep (
        task ${types.text} PRIMARY KEY,
        due_at ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

/** True for one caller once the task is due; then it is due again at `nextAt`. A task that never ran is due. */
export async function claimTask(
  queries: Queries,
  task: string,
  now: number,
  nextAt: number,
): Promise<boolean> {
  const row = await queries
    .tables<UpkeepTables>()
    .insertInto('grid_upkeep')
    .values({ task, due_at: nextAt })
    .onConflict((conflict) =>
      conflict.column('task').doUpdateSet({ due_at: nextAt }).where('grid_upkeep.due_at', '<=', now),
    )
    .returning('task')
    .executeTakeFirst();
  return row !== undefined;
}

export async function taskIsDue(queries: Queries, task: string, now: number): Promise<boolean> {
  const row = await queries
    .tables<UpkeepTables>()
    .selectFrom('grid_upkeep')
    .select('due_at')
    .where('task', '=', task)
    .executeTakeFirst();
  return row === undefined || row.due_at <= now;
}
