/**
 * AES-256-CTR with Poly1305-AES, as restic seals everything (internal/crypto/crypto.go): IV (16) ‖ ciphertext ‖ MAC (16).
 * The MAC is over the ciphertext only; nothing says what kind of file it is.
 */
import type { MasterKey } from './master-key.ts';

/** Bytes that sealing adds. */
export const sealOverhead = 32;

/** The bytes were not sealed under this key, or were changed since. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/** Usable in any thread: make one there from the master key. */
export function createSealer(key: MasterKey): Promise<Sealer> {
  return Promise.resolve(new Sealer(key));
}

export class Sealer {
  readonly #key: MasterKey;
  constructor(key: MasterKey) {
    this.#key = key;
  }

  /** A buffer of its own, `plain.length + sealOverhead` bytes. */
  seal(plain: Uint8Array): Buffer {
    void this.#key;
    void plain;
    throw new Error('not yet');
  }

  /** Throws SealBrokenError before anything is decrypted. */
  open(sealed: Uint8Array): Buffer {
    void sealed;
    throw new Error('not yet');
  }
}
