/** Key files: the master key, sealed under a password (restic: internal/repository/key.go, internal/crypto/kdf.go). */
import type { MasterKey } from '../sealing/master-key.ts';

/** scrypt: `N` a power of two, memory 128 · N · r bytes. */
export interface KeyCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 64 MiB and about a quarter of a second. */
export const defaultKeyCost: KeyCost = { N: 65_536, r: 8, p: 2 };

export interface KeyFileOptions {
  readonly cost?: KeyCost;
  /** Both can be read without the password. */
  readonly hostname?: string;
  readonly username?: string;
  /** Unix milliseconds; default now. */
  readonly created?: number;
}

/** What can be read without the password. */
export interface KeyFileLabel {
  /** Unix milliseconds, when it can be read. */
  readonly created: number | undefined;
  readonly hostname: string;
  readonly username: string;
}

/** The bytes of a key file; its name is their SHA-256. */
export function writeKeyFile(
  key: MasterKey,
  password: string,
  options: KeyFileOptions = {},
): Promise<Buffer> {
  void [key, password, options];
  return Promise.reject(new Error('not yet'));
}

/** Undefined when the password is another one. Throws FormatError for what is no key file or costs too much to try. */
export function openKeyFile(bytes: Uint8Array, password: string): Promise<MasterKey | undefined> {
  void [bytes, password];
  return Promise.reject(new Error('not yet'));
}

export function readKeyFileLabel(bytes: Uint8Array): KeyFileLabel {
  void bytes;
  throw new Error('not yet');
}
