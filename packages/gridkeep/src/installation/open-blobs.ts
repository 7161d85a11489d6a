import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
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

export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** When a put counts as durable: in the local spool, or in the object store. */
  readonly policy: 'local' | 'remote';
}

const parameters: ReadonlySet<string> = new Set(['endpoint', 'region', 'policy']);

/**
 * s3://[key:secret@]bucket[/prefix][?endpoint=https://…&region=…&policy=local|remote]; without key and secret in it they
 * come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Throws a ConfigurationError that shows no secret.
 */
export function parseBlobsUrl(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): S3Location {
  const url = new URL(text);
  const refuse = (rule: string): ConfigurationError => new ConfigurationError(`GRIDKEEP_BLOBS_URL: ${rule}`);
  for (const name of url.searchParams.keys())
    if (!parameters.has(name))
      throw refuse(`unknown parameter ${name}; there are: ${[...parameters].join(', ')}`);
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    throw refuse('endpoint must be an http or https address');
  const region = url.searchParams.get('region');
  const policy = url.searchParams.get('policy') ?? 'local';
  if (policy !== 'local' && policy !== 'remote') throw refuse('policy must be local or remote');
  const accessKeyId = decoded(url.username, refuse) || environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = decoded(url.password, refuse) || environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw refuse('a key is needed: s3://key:secret@bucket, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  const path = url.pathname.replaceAll(/^\/+|\/+$/g, '');
  return {
    bucket: url.hostname,
    prefix: path === '' ? '' : `${path}/`,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    accessKeyId,
    secretAccessKey,
    policy,
  };
}

function decoded(text: string, refuse: (rule: string) => ConfigurationError): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('its key or secret is not readable: characters but letters and digits are written as %XX');
  }
}
