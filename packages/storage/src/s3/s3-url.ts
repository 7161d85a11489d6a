/** Addresses of places in S3-compatible stores, as an operator writes them. */
import type { S3Place } from './s3-client.ts';

/** The message shows no secret. */
export class S3UrlError extends Error {
  override readonly name = 'S3UrlError';
}

export interface ParsedS3Url {
  readonly place: S3Place & { readonly prefix: string };
  /** Those of `parameters` that were there. */
  readonly parameters: ReadonlyMap<string, string>;
}

const own: readonly string[] = ['endpoint', 'region'];

/**
 * s3://[key:secret@]bucket[/prefix][?endpoint=https://…&region=…]; without key and secret in it they come from
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `parameters` are further ones that the caller understands.
 */
export function parseS3Url(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  parameters: readonly string[] = [],
): ParsedS3Url {
  if (!URL.canParse(text)) throw new S3UrlError('it must look like s3://bucket/prefix');
  const url = new URL(text);
  if (url.protocol !== 's3:' || url.hostname === '')
    throw new S3UrlError('it must look like s3://bucket/prefix');
  const known = [...own, ...parameters];
  for (const name of url.searchParams.keys())
    if (!known.includes(name))
      throw new S3UrlError(`unknown parameter ${name}; there are: ${known.join(', ')}`);
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    throw new S3UrlError('endpoint must be an http or https address');
  const region = url.searchParams.get('region');
  const accessKeyId = decoded(url.username) || environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = decoded(url.password) || environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new S3UrlError(
      'a key is needed: s3://key:secret@bucket, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  const path = url.pathname.replaceAll(/^\/+|\/+$/g, '');
  return {
    place: {
      bucket: url.hostname,
      prefix: path === '' ? '' : `${path}/`,
      ...(endpoint === null ? {} : { endpoint }),
      ...(region === null ? {} : { region }),
      accessKeyId,
      secretAccessKey,
    },
    parameters: new Map(
      parameters.flatMap((name) => {
        const value = url.searchParams.get(name);
        return value === null ? [] : [[name, value] as const];
      }),
    ),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3UrlError(
      'its key or secret is not readable: characters but letters and digits are written as %XX',
    );
  }
}
