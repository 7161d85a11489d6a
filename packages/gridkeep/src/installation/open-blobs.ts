import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import type { S3Place } from '@gridkeep/storage/s3/s3-client';
import { parseS3Url, S3UrlError, type ParsedS3Url } from '@gridkeep/storage/s3/s3-url';
import type { Configuration } from '../configuration/configuration.ts';
import { ConfigurationError } from '../configuration/setting-rules.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import type { Logger } from '../logging/logger.ts';

/** The store of all content: packs in the data folder, or in S3 with the folder as index, spool and cache. */
export async function openBlobs(
  configuration: Configuration,
  folder: DataFolder,
  log: Logger | undefined,
): Promise<MaintainedBlobStore> {
  if (configuration.blobsUrl === undefined) return openPackStore({ folder: folder.blobs });
  const { policy, ...s3 } = parseBlobsUrl(configuration.blobsUrl, process.env);
  // The S3 client is large: loaded only where it is configured.
  const { openS3PackStore } = await import('@gridkeep/storage/blobs/s3-pack-store');
  return openS3PackStore({
    folder: folder.blobs,
    s3,
    policy,
    onUploadError: (pack, error) =>
      log?.warn({ pack, err: error }, 'pack not uploaded yet; it is tried again'),
  });
}

export interface S3Location extends S3Place {
  readonly prefix: string;
  /** When a put counts as durable: in the local spool, or in the object store. */
  readonly policy: 'local' | 'remote';
}

/** An address as `parseS3Url` reads it, with policy=local|remote. Throws a ConfigurationError that shows no secret. */
export function parseBlobsUrl(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): S3Location {
  const { place, parameters } = parsed(text, environment);
  const policy = parameters.get('policy') ?? 'local';
  if (policy !== 'local' && policy !== 'remote') throw refusal('policy must be local or remote');
  return { ...place, policy };
}

function parsed(text: string, environment: Readonly<Record<string, string | undefined>>): ParsedS3Url {
  try {
    return parseS3Url(text, environment, ['policy']);
  } catch (error) {
    throw error instanceof S3UrlError ? refusal(error.message) : error;
  }
}

function refusal(rule: string): ConfigurationError {
  return new ConfigurationError(`GRIDKEEP_BLOBS_URL: ${rule}`);
}
