/** Reads the records at one point in time and writes down what the snapshot is to hold. */
import { endEpoch, readChanges, startNoting } from '@gridkeep/grid/record-changes/record-changes';
import type { SeenChanges } from '@gridkeep/grid/record-changes/record-changes';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { sql } from 'kysely';
import { ParentFolder } from './parent-tree.ts';
import type { TreeReader } from './parent-tree.ts';
import { planAssets } from './plan-assets.ts';
import type { PlanContext } from './plan-context.ts';
import { planConflicts } from './plan-conflicts.ts';
import { planInventories } from './plan-inventories.ts';
import { planRegions } from './plan-regions.ts';
import { planMapTiles, planTables } from './plan-tables.ts';
import type { TreeScript } from './tree-script.ts';

export interface PlanInput {
  readonly database: Database;
  readonly repository: TreeReader & { readonly id: string };
  readonly snapshots: readonly StoredSnapshot[];
  readonly script: TreeScript;
  readonly everything: boolean;
  readonly at: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface BackupPlan {
  /** Unix milliseconds: what the records are of. */
  readonly time: number;
  /** How long the point in time was held. */
  readonly held: number;
  readonly changes: SeenChanges;
  /** What was taken over from, undefined: nothing was. */
  readonly parent: StoredSnapshot | undefined;
  /** Names, in their order. */
  readonly migrations: readonly string[];
}

export async function planBackup(input: PlanInput): Promise<BackupPlan> {
  const { database } = input;
  await startNoting(database);
  const epoch = await endEpoch(database);
  const started = performance.now();
  return database.snapshot(async (queries) => {
    const time = input.now();
    const changes = await readChanges(queries, epoch);
    const parent = parentOf(input, changes);
    const context: PlanContext = {
      ...{ queries, script: input.script, at: input.at, signal: input.signal },
      changed: parent === undefined ? undefined : changes.changed,
      parent:
        parent === undefined ? ParentFolder.nothing : await ParentFolder.read(input.repository, parent.tree),
    };
    // What is small and changes most comes first.
    await planTables(context);
    await planRegions(context);
    await planMapTiles(context);
    await planConflicts(context);
    await planInventories(context);
    await planAssets(context);
    const migrations = await migrationsOf(queries);
    return { time, held: performance.now() - started, changes, parent, migrations };
  });
}

function parentOf(input: PlanInput, { base }: SeenChanges): StoredSnapshot | undefined {
  if (input.everything || base === undefined || base.repository !== input.repository.id) return undefined;
  return input.snapshots.find(({ id }) => id === base.snapshot);
}

async function migrationsOf(queries: Queries): Promise<readonly string[]> {
  const query = sql<{ name: string }>`select name from gridkeep_migration`;
  const { rows } = await query.execute(queries.tables<unknown>());
  return rows.map(({ name }) => name).sort();
}
