/**
 * The key file: 32 random bytes under which passwords of vaults, credentials of targets and the key of certificates stand in
 * the host database. It may lie outside of the data folder, so that a copy of the folder alone opens no vault.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VaultError } from './vault-error.ts';

const heading = 'gridkeep key file 1';
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
/** First bytes of SHA-256 of the key: tells a wrong key file from damage. */
const nameBytes = 8;
const fileBytesMax = 4096;
const layout = 1;

/** What a secret is for; bound to it, so that one cannot be put in another's place. */
export type SecretPurpose = 'vault password' | 'target credentials' | 'certificate key';

export class CustodyKey {
  readonly #path: string;
  #key: Promise<Buffer> | undefined;

  /** Nothing is read or made before it is needed. */
  constructor(path: string) {
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  /** Makes the key file when there is none. `owner` is what the secret belongs to, a grid's slug for example. */
  async seal(purpose: SecretPurpose, owner: string, secret: Uint8Array): Promise<Buffer> {
    const key = await this.#load(true);
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(boundTo(purpose, owner));
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([Buffer.of(layout), nameOf(key), iv, sealed, cipher.getAuthTag()]);
  }

  /** Throws a VaultError `key-file` when the key file is gone or another one, or the sealed bytes were changed. */
  async open(purpose: SecretPurpose, owner: string, sealed: Uint8Array): Promise<Buffer> {
    const key = await this.#load(false);
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const ivAt = 1 + nameBytes;
    if (bytes.length < ivAt + ivBytes + tagBytes || bytes[0] !== layout)
      throw new VaultError(
        'key-file',
        `the ${purpose} of ${owner} is sealed in a way that is not known here`,
      );
    if (!bytes.subarray(1, ivAt).equals(nameOf(key)))
      throw new VaultError(
        'key-file',
        `the ${purpose} of ${owner} was sealed with another key file than ${this.#path}: bring that one back, or give it again (docs/operating.md, "The key file")`,
      );
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(ivAt, ivAt + ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(boundTo(purpose, owner));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    try {
      return Buffer.concat([
        decipher.update(bytes.subarray(ivAt + ivBytes, bytes.length - tagBytes)),
        decipher.final(),
      ]);
    } catch (error) {
      throw new VaultError('key-file', `the sealed ${purpose} of ${owner} was changed or is damaged`, {
        cause: error,
      });
    }
  }

  async #load(mayMake: boolean): Promise<Buffer> {
    const loading = (this.#key ??= readKeyFile(this.#path));
    try {
      return await loading;
    } catch (error) {
      // A failure is not kept: the file may come back.
      if (this.#key === loading) this.#key = undefined;
      if (!(error instanceof AbsentKeyFile)) throw error;
      if (!mayMake) throw new VaultError('key-file', error.message);
      await makeKeyFile(this.#path);
      return this.#load(false);
    }
  }
}

class AbsentKeyFile extends Error {}

async function readKeyFile(path: string): Promise<Buffer> {
  const text = await readFile(path, { encoding: 'utf8', flag: 'r' }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      throw new AbsentKeyFile(
        `the key file ${path} is not there: bring it back, or set vault_key_file to where it is`,
      );
    throw new VaultError('key-file', `the key file ${path} cannot be read`, { cause: error });
  });
  const [first, second = ''] = text.slice(0, fileBytesMax).split('\n');
  const key = Buffer.from(second, 'base64');
  if (first !== heading || key.length !== keyBytes)
    throw new VaultError('key-file', `${path} is no key file of Gridkeep`);
  return key;
}

/** Never replaces one: of two that make it at once, both use the first. */
async function makeKeyFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.partial`;
  const file = await open(partial, 'wx', 0o600);
  try {
    await file.writeFile(`${heading}\n${randomBytes(keyBytes).toString('base64')}\n`);
    await file.sync();
    await link(partial, path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function nameOf(key: Buffer): Buffer {
  return createHash('sha256').update('gridkeep key file ').update(key).digest().subarray(0, nameBytes);
}

function boundTo(purpose: SecretPurpose, owner: string): Buffer {
  return Buffer.from(`gridkeep\n${purpose}\n${owner}`, 'utf8');
}
