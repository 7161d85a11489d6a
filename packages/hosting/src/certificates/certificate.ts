/** A signed statement: made with the installation's key, checked by anybody with what stands in it. */
import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import Type from 'typebox';
import Value from 'typebox/value';
import { canonicalBytes, rootOfPoints, statementSchema } from './statement.ts';
import type { Statement } from './statement.ts';

const certificateSchema = Type.Object(
  {
    statement: statementSchema,
    /** PEM of the Ed25519 key. */
    publicKey: Type.String({ maxLength: 400 }),
    /** Base64 of 64 bytes. */
    signature: Type.String({ pattern: '^[A-Za-z0-9+/]{86}==$' }),
  },
  { additionalProperties: false },
);
export type Certificate = Type.Static<typeof certificateSchema>;

/** A month of restore points takes some 300 bytes each. */
export const certificateBytesMax = 64 * 1024 * 1024;

/** The text is no certificate; the message says what is wrong with it. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export function signStatement(statement: Statement, privateKey: KeyObject): Certificate {
  return {
    statement,
    publicKey: publicPem(createPublicKey(privateKey)),
    signature: sign(null, canonicalBytes(statement), privateKey).toString('base64'),
  };
}

/** As it stands in a file. */
export function formatCertificate(certificate: Certificate): string {
  return `${JSON.stringify(certificate, undefined, 2)}\n`;
}

/** Throws a CertificateError. Says nothing about the signature: see `checkCertificate`. */
export function parseCertificate(text: string): Certificate {
  if (text.length > certificateBytesMax) throw new CertificateError('it is too large for a certificate');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CertificateError('it is not JSON');
  }
  if (Value.Check(certificateSchema, value)) return value;
  const first = Value.Errors(certificateSchema, value)[0];
  throw new CertificateError(
    `it is no certificate: ${first?.instancePath.slice(1) ?? ''} ${first?.message ?? ''}`.trimEnd(),
  );
}

export interface CertificateCheck {
  /** The statement was signed with the key in the certificate, and not changed since. */
  readonly signatureFits: boolean;
  /** The root is that of the listed restore points. */
  readonly rootFits: boolean;
  /** Of the key: to be compared with what the host has published. */
  readonly fingerprint: string;
}

export function checkCertificate(certificate: Certificate): CertificateCheck {
  const key = readPublicKey(certificate.publicKey);
  return {
    signatureFits: verify(
      null,
      canonicalBytes(certificate.statement),
      key,
      Buffer.from(certificate.signature, 'base64'),
    ),
    rootFits: rootOfPoints(certificate.statement.restorePoints) === certificate.statement.merkleRoot,
    fingerprint: fingerprintOf(key),
  };
}

/** SHA-256 of the key in DER, as `openssl pkey -pubin -outform DER | sha256sum` gives it. */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function readPublicKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new CertificateError('its public key cannot be read');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new CertificateError('its key is not an Ed25519 key');
  return key;
}
