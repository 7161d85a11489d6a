import type { Json } from '@gridkeep/storage/jobs/jobs';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';

/** What the jobs table holds, as typed input. Throws a RangeError for the row of another version. */
export function parseJobInput<Schema extends TSchema>(schema: Schema, input: Json): Static<Schema> {
  if (Value.Check(schema, input)) return input;
  const first = Value.Errors(schema, input)[0];
  throw new RangeError(
    `the job's input${first?.instancePath ?? ''} ${first?.message ?? 'is not what this version writes'}`,
  );
}
