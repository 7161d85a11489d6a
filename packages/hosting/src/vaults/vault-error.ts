export type VaultErrorCode =
  /** The grid has no vault yet. */
  | 'no-vault'
  | 'vault-exists'
  /** The customer holds the password and it was not given since the program started. */
  | 'vault-locked'
  | 'wrong-password'
  /** The key file is gone, is none, or is another than the one that the password was sealed with. */
  | 'key-file'
  | 'bad-place'
  | 'no-target'
  | 'not-found'
  /** Its keys were destroyed. */
  | 'vault-erased'
  /** Restore points are locked: it is not erased before. */
  | 'still-locked'
  | 'bad-value';

/** What was asked of a vault cannot be; the message says why and what to do. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;
  constructor(code: VaultErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
