/** A repository in an S3-compatible store, in restic's layout, with Object Lock and archive classes where they are there. */
import type { S3Place } from '@gridkeep/storage/s3/s3-client';
import type { Target } from './target.ts';

export interface S3TargetOptions {
  /** Class of data packs, for example STANDARD_IA, GLACIER, DEEP_ARCHIVE; everything else stays in the bucket's default. */
  readonly dataClass?: string;
  /** How long packs that were fetched from an archive class stay readable. Default 7 days. */
  readonly fetchedDays?: number;
  /** What fetching costs, and how long it takes. Default 'Standard'. */
  readonly fetchTier?: 'Bulk' | 'Standard' | 'Expedited';
}

/** `protect` is there when the bucket was made with Object Lock. Wrap it in a retrying target: it tries nothing again itself. */
export function openS3Target(place: S3Place, options: S3TargetOptions = {}): Promise<Target> {
  throw new Error(`not yet: ${place.bucket} ${options.dataClass}`);
}
