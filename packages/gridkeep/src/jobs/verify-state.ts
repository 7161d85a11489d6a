/** How far a verification has come, kept so that it goes on after a stop or a kill instead of beginning again. */
import type { Database, Migration } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { StoredUuid } from '@gridkeep/storage/database/database';
import Type from 'typebox';
import Value from 'typebox/value';

export const verifyMigrations: readonly Migration[] = [
  {
    name: 'verify-1',
    statements: (types) => [
      `CREATE TABLE verify_runs (
        job ${types.uuid} NOT NULL PRIMARY KEY,
        state ${types.text} NOT NULL
      )${types.strict}`,
    ],
  },
];

/** Damages kept with their details, so that a job's result stays below its limit; more are only counted. */
export const damagesListedMax = 200;

export const damageSchema = Type.Object({
  /** SHA-256 in hexadecimal digits; null when it is not known which blob stood there. */
  blob: Type.Union([Type.String(), Type.Null()]),
  pack: Type.String(),
  offset: Type.Number(),
  reason: Type.String(),
  detail: Type.String(),
  recoverable: Type.Boolean(),
});
export type ListedDamage = Type.Static<typeof damageSchema>;

const stateSchema = Type.Object({
  cursor: Type.Union([Type.Object({ pack: Type.String(), offset: Type.Number() }), Type.Null()]),
  damageCount: Type.Number(),
  damages: Type.Array(damageSchema),
});
export type VerifyState = Type.Static<typeof stateSchema>;

interface Tables {
  readonly verify_runs: { readonly job: StoredUuid; readonly state: string };
}

/** The state of an unfinished run of this job, or undefined. */
export async function loadVerifyState(database: Database, job: Uuid): Promise<VerifyState | undefined> {
  const row = await database
    .tables<Tables>()
    .selectFrom('verify_runs')
    .select('state')
    .where('job', '=', database.uuid(job))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const state: unknown = JSON.parse(row.state);
  // A row of another version is no reason to fail: the run begins again.
  return Value.Check(stateSchema, state) ? state : undefined;
}

export async function saveVerifyState(database: Database, job: Uuid, state: VerifyState): Promise<void> {
  const row = { job: database.uuid(job), state: JSON.stringify(state) };
  await database
    .tables<Tables>()
    .insertInto('verify_runs')
    .values(row)
    .onConflict((conflict) => conflict.column('job').doUpdateSet({ state: row.state }))
    .execute();
}

export async function forgetVerifyState(database: Database, job: Uuid): Promise<void> {
  await database.tables<Tables>().deleteFrom('verify_runs').where('job', '=', database.uuid(job)).execute();
}
