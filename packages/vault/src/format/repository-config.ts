/** The file `config`: sealed, never compressed (restic: internal/restic/config.go). */
import { randomBytes } from 'node:crypto';
import { FormatError } from './format-error.ts';
import { asObject, asString, parseJson } from './json-input.ts';
import { isIrreducible, randomPolynomial } from './polynomial.ts';

export interface RepositoryConfig {
  readonly version: 1 | 2;
  /** 64 hexadecimal digits, random; also the name under which restic keeps caches. */
  readonly id: string;
  /** Of restic's chunker; irreducible. */
  readonly polynomial: bigint;
  /** Set by rustic: nothing but locks may be deleted. */
  readonly appendOnly?: boolean;
}

const configBytesMax = 64 * 1024;

/** Version 2, a random id. `polynomial` when the chunks of another repository shall be found again. */
export function newRepositoryConfig(polynomial = randomPolynomial()): RepositoryConfig {
  return { version: 2, id: randomBytes(32).toString('hex'), polynomial };
}

/** The plaintext, to be sealed. */
export function writeRepositoryConfig(config: RepositoryConfig): Buffer {
  const { version, id, polynomial, appendOnly } = config;
  return Buffer.from(
    JSON.stringify({
      version,
      id,
      chunker_polynomial: polynomial.toString(16),
      ...(appendOnly === true ? { append_only: true } : {}),
    }),
  );
}

/** From the opened file. Throws FormatError, also for the hot half of a repository of rustic, which is no whole one. */
export function readRepositoryConfig(plain: Uint8Array): RepositoryConfig {
  if (plain.length > configBytesMax) throw new FormatError('config: too long');
  const text = Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString('utf8');
  const file = asObject(parseJson(text, 'config'), 'config');
  const version = file['version'];
  if (version !== 1 && version !== 2) throw new FormatError('config: not version 1 or 2');
  const id = asString(file['id'], 'config: id');
  if (!/^[0-9a-f]{64}$/.test(id)) throw new FormatError('config: id is not 64 hexadecimal digits');
  const hex = asString(file['chunker_polynomial'], 'config: chunker_polynomial', 16);
  if (!/^[0-9a-f]+$/.test(hex)) throw new FormatError('config: chunker_polynomial is not hexadecimal');
  const polynomial = BigInt(`0x${hex}`);
  // As restic: who could choose a reducible one could learn from the sizes of chunks.
  if (polynomial >= 1n << 54n || !isIrreducible(polynomial)) {
    throw new FormatError('config: chunker_polynomial is not irreducible of at most degree 53');
  }
  if (file['is_hot'] === true) throw new FormatError('config: the hot half of a repository only');
  return { version, id, polynomial, ...(file['append_only'] === true ? { appendOnly: true } : {}) };
}
