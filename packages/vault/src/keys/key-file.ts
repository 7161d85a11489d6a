/** Key files: the master key, sealed under a password (restic: internal/repository/key.go, internal/crypto/kdf.go). */
import { randomBytes, scrypt } from 'node:crypto';
import { FormatError } from '../format/format-error.ts';
import { asCount, asObject, asString, parseJson } from '../format/json-input.ts';
import type { JsonObject } from '../format/json-input.ts';
import { formatTimestamp } from '../format/timestamp.ts';
import { formatMasterKey, masterKeyFromBytes, parseMasterKey } from '../sealing/master-key.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import { createSealer, SealBrokenError } from '../sealing/sealer.ts';

/** scrypt: `N` a power of two, memory 128 · N · r bytes. */
export interface KeyCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 64 MiB and about a quarter of a second. */
const defaultKeyCost: KeyCost = { N: 65_536, r: 8, p: 2 };

/** What a key file may cost to try: a stranger's must not take the machine's memory or a minute of it. */
const memoryMax = 256 * 1024 * 1024;
const workMax = 2 ** 24;
const keyFileBytesMax = 64 * 1024;
/** restic refuses any other. */
const saltBytes = 64;

export interface KeyFileOptions {
  readonly cost?: KeyCost;
  /** Both can be read without the password. */
  readonly hostname?: string;
  readonly username?: string;
  /** Unix milliseconds; default now. */
  readonly created?: number;
}

/** The bytes of a key file; its name is their SHA-256. Throws RangeError for a cost that is out of bounds. */
export async function writeKeyFile(
  key: MasterKey,
  password: string,
  options: KeyFileOptions = {},
): Promise<Buffer> {
  const cost = options.cost ?? defaultKeyCost;
  const fault = costFault(cost);
  if (fault !== undefined) throw new RangeError(`scrypt: ${fault}`);
  const salt = randomBytes(saltBytes);
  const sealer = await createSealer(await deriveUserKey(password, salt, cost));
  const file = {
    created: formatTimestamp(options.created ?? Date.now()),
    username: options.username ?? 'gridkeep',
    hostname: options.hostname ?? 'gridkeep',
    kdf: 'scrypt',
    N: cost.N,
    r: cost.r,
    p: cost.p,
    salt: salt.toString('base64'),
    data: sealer.seal(Buffer.from(formatMasterKey(key))).toString('base64'),
  };
  return Buffer.from(JSON.stringify(file));
}

/** Undefined when the password is another one. Throws FormatError for what is no key file or costs too much to try. */
export async function openKeyFile(bytes: Uint8Array, password: string): Promise<MasterKey | undefined> {
  const file = parseKeyFile(bytes);
  if (file['kdf'] !== 'scrypt') throw new FormatError('key file: the derivation is not scrypt');
  const cost: KeyCost = {
    N: asCount(file['N'], 'key file: N'),
    r: asCount(file['r'], 'key file: r'),
    p: asCount(file['p'], 'key file: p'),
  };
  const fault = costFault(cost);
  if (fault !== undefined) throw new FormatError(`key file: ${fault}`);
  const salt = Buffer.from(asString(file['salt'], 'key file: salt'), 'base64');
  if (salt.length !== saltBytes) throw new FormatError(`key file: the salt has not ${saltBytes} bytes`);
  const data = Buffer.from(asString(file['data'], 'key file: data'), 'base64');
  const sealer = await createSealer(await deriveUserKey(password, salt, cost));
  try {
    return parseMasterKey(sealer.open(data).toString('utf8'));
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined;
    throw error;
  }
}

function parseKeyFile(bytes: Uint8Array): JsonObject {
  if (bytes.length > keyFileBytesMax) throw new FormatError('key file: too long');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  return asObject(parseJson(text, 'key file'), 'key file');
}

function costFault({ N, r, p }: KeyCost): string | undefined {
  const whole = [N, r, p].every((value) => Number.isSafeInteger(value) && value >= 1);
  // A power of two: halving reaches 1.
  if (!whole || N < 2 || !Number.isInteger(Math.log2(N))) return 'N, r or p is not allowed';
  if (128 * N * r > memoryMax) return `needs more than ${memoryMax} bytes of memory`;
  if (N * r * p > workMax) return 'needs too much time';
  return undefined;
}

function deriveUserKey(password: string, salt: Uint8Array, cost: KeyCost): Promise<MasterKey> {
  const { N, r, p } = cost;
  // Node counts a little more than 128·N·r.
  const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 32 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(Buffer.from(password, 'utf8'), salt, 64, options, (error, derived) => {
      if (error !== null) reject(error);
      else resolve(masterKeyFromBytes(derived));
    });
  });
}
