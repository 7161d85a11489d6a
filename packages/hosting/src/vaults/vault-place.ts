/** The places of vaults as operators write them: a folder, or a bucket of an S3-compatible store. */
import { isAbsolute, normalize } from 'node:path';
import { parseS3Url, S3UrlError } from '@gridkeep/storage/s3/s3-url';
import { openColdFolderTarget } from '@gridkeep/vault/target/cold-folder-target';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import { retryingTarget } from '@gridkeep/vault/target/retrying-target';
import { dataClasses, openS3Target } from '@gridkeep/vault/target/s3-target';
import type { DataClass } from '@gridkeep/vault/target/s3-target';
import { splitTarget } from '@gridkeep/vault/target/split-target';
import type { Target } from '@gridkeep/vault/target/target';
import { VaultError } from './vault-error.ts';

/** An address apart from what must not be seen. */
export interface VaultPlace {
  /** An absolute path, or s3://bucket/prefix?endpoint=…&region=… */
  readonly address: string;
  /** `key:secret` as they stood in the address, still escaped. */
  readonly credentials?: string;
}

/** `class`: storage class of data packs, such as GLACIER. */
const s3Parameters: readonly string[] = ['class'];
const addressCharactersMax = 1000;

/** Throws a VaultError `bad-place` that shows no secret. */
export function parsePlace(text: string): VaultPlace {
  if (text.length > addressCharactersMax || /\p{Cc}/u.test(text))
    throw new VaultError(
      'bad-place',
      `a place has at most ${addressCharactersMax} characters, none of them a control character`,
    );
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    if (!isAbsolute(text))
      throw new VaultError('bad-place', `${JSON.stringify(text)} is not the whole path of a folder`);
    return { address: withoutEnd(normalize(text)) };
  }
  if (!URL.canParse(text) || new URL(text).protocol !== 's3:')
    throw new VaultError('bad-place', 'a place is the path of a folder, or s3://bucket/prefix?endpoint=…');
  const url = new URL(text);
  const credentials = url.username === '' ? undefined : `${url.username}:${url.password}`;
  url.username = '';
  url.password = '';
  url.hash = '';
  // Looks at everything but whether there are credentials: those may come from the environment of another process.
  const { parameters } = withS3Errors(() => parseS3Url(url.href, placeholderKeys, s3Parameters));
  dataClassOf(parameters.get('class'));
  return { address: url.href, ...(credentials === undefined ? {} : { credentials }) };
}

export interface OpeningPlaces {
  /** On fast storage, for packs that were fetched from a cold folder. */
  readonly stagingFolder: string;
  /** Refuses to make a folder: a mount that vanished is not an empty vault. Default false. */
  readonly mustExist?: boolean;
}

/** `cold`: where packs of data are, when that is another place. What may pass is tried again. */
export async function openPlaces(
  place: VaultPlace,
  cold: VaultPlace | undefined,
  { stagingFolder, mustExist = false }: OpeningPlaces,
): Promise<Target> {
  const hot = await openPlace(place, mustExist);
  if (cold === undefined) return hot;
  try {
    return splitTarget(
      hot,
      isFolder(cold)
        ? retryingTarget(await openColdFolderTarget(cold.address, { staging: stagingFolder }))
        : await openPlace(cold, mustExist),
    );
  } catch (error) {
    await hot.close();
    throw error;
  }
}

async function openPlace(place: VaultPlace, mustExist: boolean): Promise<Target> {
  if (isFolder(place)) return retryingTarget(await openFolderTarget(place.address, { mustExist }));
  const url = new URL(place.address);
  if (place.credentials !== undefined) {
    const [key = '', secret = ''] = place.credentials.split(':');
    url.username = key;
    url.password = secret;
  }
  const { place: s3, parameters } = withS3Errors(() => parseS3Url(url.href, process.env, s3Parameters));
  const dataClass = dataClassOf(parameters.get('class'));
  return retryingTarget(await openS3Target(s3, dataClass === undefined ? {} : { dataClass }));
}

function dataClassOf(text: string | undefined): DataClass | undefined {
  if (text === undefined) return undefined;
  const found = dataClasses.find((one) => one === text);
  if (found === undefined)
    throw new VaultError('bad-place', `class must be one of ${dataClasses.join(', ')}`);
  return found;
}

export function isFolder(place: VaultPlace): boolean {
  return !place.address.startsWith('s3:');
}

const placeholderKeys = { AWS_ACCESS_KEY_ID: 'later', AWS_SECRET_ACCESS_KEY: 'later' };

function withS3Errors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof S3UrlError ? new VaultError('bad-place', error.message) : error;
  }
}

function withoutEnd(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
