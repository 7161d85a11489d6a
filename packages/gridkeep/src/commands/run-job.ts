import type { NewJob } from '@gridkeep/storage/jobs/jobs';
import type { Static, TSchema } from 'typebox';
import type { Installation } from '../installation/installation.ts';
import type { Report } from './command.ts';

export function runJob<Schema extends TSchema>(
  _installation: Installation,
  _report: Report,
  _schema: Schema,
  _job: NewJob,
): Promise<Static<Schema>> {
  throw new Error('pending');
}
