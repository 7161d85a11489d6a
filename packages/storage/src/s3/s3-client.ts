/** How S3 clients are made here, and what their errors mean. Loads the AWS client only when one is made. */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';

export interface S3Place {
  /** Of the service, for example https://s3.example.org; left out for AWS itself. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly bucket: string;
  /** Put before every name, for example 'grid-1/'. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** https://host/bucket/key instead of https://bucket.host/key. Default true: other services than AWS rarely have the names. */
  readonly pathStyle?: boolean;
}

export type S3Sdk = typeof import('@aws-sdk/client-s3');

const requestTimeoutMs = 60_000;
const connectionTimeoutMs = 10_000;

/** `client.destroy()` when done. Nothing is tried again here: that is the business of whoever stands in front. */
export async function openS3Client(place: S3Place): Promise<{ sdk: S3Sdk; client: S3Client }> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region: place.region ?? 'us-east-1',
    credentials: { accessKeyId: place.accessKeyId, secretAccessKey: place.secretAccessKey },
    forcePathStyle: place.pathStyle ?? true,
    // Newer defaults send checksum trailers that many other services refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
    maxAttempts: 1,
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
  });
  return { sdk, client };
}

/**
 * 'absent': no such object. 'range': it ends before the range does. 'forbidden': the credentials may not, or a lock forbids it.
 * 'archived': it has to be restored from an archive class first. 'full': a quota is reached. 'permanent': asking again will not
 * help. 'passing': try again.
 */
export type S3Failure = 'absent' | 'range' | 'forbidden' | 'archived' | 'full' | 'permanent' | 'passing';

/** `message` names the operation and the service's answer, never the credentials. */
export function describeS3Failure(
  sdk: S3Sdk,
  what: string,
  error: unknown,
): { readonly failure: S3Failure; readonly message: string } {
  if (!(error instanceof Error)) return { failure: 'passing', message: `S3 ${what} failed` };
  const status = error instanceof sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const message = `S3 ${what}: ${error.name}${status === undefined ? '' : ` (${status})`}`;
  return { failure: failureOf(error.name, status), message };
}

function failureOf(name: string, status: number | undefined): S3Failure {
  if (name === 'NoSuchKey') return 'absent';
  // HeadObject has no body that could say what was not found.
  if (name === 'NotFound') return 'absent';
  if (name === 'InvalidRange' || status === 416) return 'range';
  if (name === 'InvalidObjectState') return 'archived';
  if (name === 'QuotaExceeded' || status === 507) return 'full';
  if (name === 'AccessDenied') return 'forbidden';
  // 408 and 429 ask to come again; every other 4xx says that the request itself is wrong.
  const isOurs = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isOurs ? 'permanent' : 'passing';
}

/** For Content-MD5, with which the service refuses what arrived otherwise than it was sent. */
export function contentMd5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}
