/** The key under which everything of a repository but its key files is sealed (restic: internal/crypto/crypto.go). */
import { randomBytes } from 'node:crypto';
import { FormatError } from '../format/format-error.ts';
import { asObject, parseJson } from '../format/json-input.ts';

/** Plain bytes, so that it can be handed to a worker thread as it is. */
export interface MasterKey {
  /** 32 bytes, AES-256. */
  readonly encrypt: Uint8Array;
  /** 16 bytes, AES-128: makes the second half of the Poly1305 key. */
  readonly k: Uint8Array;
  /** 16 bytes, Poly1305's `r`, not clamped. */
  readonly r: Uint8Array;
}

export function newMasterKey(): MasterKey {
  return { encrypt: randomBytes(32), k: randomBytes(16), r: randomBytes(16) };
}

/** The three parts from 64 bytes in the order of restic's key derivation: encrypt, k, r. */
export function masterKeyFromBytes(bytes: Uint8Array): MasterKey {
  if (bytes.length !== 64) throw new FormatError('a key has 64 bytes');
  return checked({ encrypt: bytes.slice(0, 32), k: bytes.slice(32, 48), r: bytes.slice(48, 64) });
}

/** What stands sealed in a key file. Throws FormatError. */
export function parseMasterKey(json: string): MasterKey {
  const root = asObject(parseJson(json, 'master key'), 'master key');
  const mac = asObject(root['mac'], 'master key: mac');
  return checked({
    encrypt: keyPart(root['encrypt'], 32, 'encrypt'),
    k: keyPart(mac['k'], 16, 'mac.k'),
    r: keyPart(mac['r'], 16, 'mac.r'),
  });
}

export function formatMasterKey(key: MasterKey): string {
  return JSON.stringify({
    mac: { k: base64(key.k), r: base64(key.r) },
    encrypt: base64(key.encrypt),
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function keyPart(value: unknown, bytes: number, what: string): Uint8Array {
  if (typeof value !== 'string' || value.length > 64)
    throw new FormatError(`master key: ${what} is not base64`);
  // A copy of its own: a slice of Buffer's pool would carry the pool's other bytes into a worker.
  const part = Uint8Array.from(Buffer.from(value, 'base64'));
  if (part.length !== bytes) throw new FormatError(`master key: ${what} has not ${bytes} bytes`);
  return part;
}

function checked(key: MasterKey): MasterKey {
  // As restic: a part of zeros only is a key that was never made.
  for (const part of [key.encrypt, key.k, key.r]) {
    if (part.every((byte) => byte === 0)) throw new FormatError('master key: a part is all zero');
  }
  return key;
}
