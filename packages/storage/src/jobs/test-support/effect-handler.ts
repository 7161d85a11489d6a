/** A job whose effect can be counted: exactly one row per job, however often it was tried. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Database, Migration, StoredUuid } from '../../database/database.ts';
import type { JobHandler } from '../jobs.ts';

export interface EffectTables {
  effect: { job: StoredUuid; tries: number };
}

export const effectMigrations: readonly Migration[] = [
  {
    name: 'effect-1',
    statements: (t) => [
      `create table effect (job ${t.uuid} primary key, tries ${t.integer} not null)${t.strict}`,
    ],
  },
];

/** `during` runs before the effect is written. */
export function effectHandler(database: Database, during: (job: Uuid) => Promise<void>): JobHandler<null> {
  return {
    kind: 'effect',
    attemptsMax: 5,
    parse: () => null,
    async run(_, job) {
      await during(job.id);
      job.signal.throwIfAborted();
      await database
        .tables<EffectTables>()
        .insertInto('effect')
        .values({ job: database.uuid(job.id), tries: 1 })
        .onConflict((conflict) =>
          conflict.column('job').doUpdateSet((row) => ({ tries: row('effect.tries', '+', 1) })),
        )
        .execute();
      return null;
    },
  };
}
