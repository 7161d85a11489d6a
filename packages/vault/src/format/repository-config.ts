/** The file `config`: sealed, never compressed (restic: internal/restic/config.go). */

export interface RepositoryConfig {
  readonly version: 1 | 2;
  /** 64 hexadecimal digits, random; also the name under which restic keeps caches. */
  readonly id: string;
  /** Of restic's chunker; irreducible. */
  readonly polynomial: bigint;
  /** Set by rustic: nothing but locks may be deleted. */
  readonly appendOnly?: boolean;
}

/** Version 2, a random id. `polynomial` when the chunks of another repository shall be found again. */
export function newRepositoryConfig(polynomial?: bigint): RepositoryConfig {
  void polynomial;
  throw new Error('not yet');
}

/** The plaintext, to be sealed. */
export function writeRepositoryConfig(config: RepositoryConfig): Buffer {
  void config;
  throw new Error('not yet');
}

/** From the opened file. Throws FormatError. */
export function readRepositoryConfig(plain: Uint8Array): RepositoryConfig {
  void plain;
  throw new Error('not yet');
}
