import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import {
  CertificateError,
  checkCertificate,
  fingerprintOf,
  formatCertificate,
  parseCertificate,
  signStatement,
} from './certificate.ts';
import { certificateFormat, rootOfPoints } from './statement.ts';
import type { CertifiedPoint, Statement } from './statement.ts';

const hash = (digit: string): string => digit.repeat(64);

function statement(points: number): Statement {
  const restorePoints = Array.from({ length: points }, (_, index): CertifiedPoint => ({
    snapshot: index.toString(16).padStart(64, '0'),
    tree: hash('a'),
    time: new Date(Date.UTC(2026, 10, 1 + index, 2, 3, 4, 5)).toISOString(),
    lockedUntil: index % 3 === 0 ? null : '2027-12-01T00:00:00.000Z',
    pointOf: index % 3 === 0 ? [] : ['day', 'week'],
  }));
  return {
    format: certificateFormat,
    grid: {
      id: '7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01',
      slug: 'plaza',
      name: 'Plätze "Ost" \\ 広場 \u{1f30a}',
    },
    month: '2026-11',
    timeZone: 'Europe/Vienna',
    issuedAt: '2026-11-30T23:00:00.000Z',
    repository: hash('b'),
    vaultTime: '2026-11-30T22:59:00.000Z',
    retention: { days: 30, weeks: 26, months: 12 },
    targets: 2,
    restorePoints,
    merkleRoot: rootOfPoints(restorePoints),
    lastVerify: { at: '2026-11-30T03:00:00.000Z', ok: true, summary: 'sound' },
    lastDrill: null,
    dataReadSince: null,
    previous: null,
  };
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

test('a certificate is checked by its own key; any change shows', () => {
  const text = formatCertificate(signStatement(statement(5), privateKey));
  const good = checkCertificate(parseCertificate(text));
  assert.deepEqual(good, { signatureFits: true, rootFits: true, fingerprint: fingerprintOf(publicKey) });
  const changed = parseCertificate(text.replace('"slug": "plaza"', '"slug": "piazza"'));
  assert.equal(checkCertificate(changed).signatureFits, false);
  const other = signStatement({ ...statement(5), merkleRoot: hash('c') }, privateKey);
  assert.deepEqual(checkCertificate(other), { ...good, rootFits: false });
});

test('what is no certificate is refused with a reason', () => {
  const text = formatCertificate(signStatement(statement(1), privateKey));
  for (const [bad, rule] of [
    ['', /not JSON/],
    ['{}', /no certificate/],
    [text.replace('"month": "2026-11"', '"month": "November"'), /month/],
    [text.replace('"targets": 2', '"targets": 2, "extra": 1'), /no certificate/],
  ] as const)
    assert.throws(
      () => parseCertificate(bad),
      (error: unknown) => error instanceof CertificateError && rule.test(error.message),
    );
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const foreign = {
    ...parseCertificate(text),
    publicKey: rsa.export({ type: 'spki', format: 'pem' }).toString(),
  };
  assert.throws(() => checkCertificate(foreign), /not an Ed25519 key/);
  assert.throws(() => checkCertificate({ ...foreign, publicKey: 'x' }), /cannot be read/);
});

/** The program in docs/security.md with which anybody checks a certificate. */
function documentedCheck(): string {
  const docs = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8');
  const block = /```python\n(import hashlib[\s\S]*?)```/.exec(docs)?.[1];
  assert.ok(block !== undefined, 'docs/security.md shows how to check a certificate');
  return block;
}

const programsMissing =
  findProgram('python3') === undefined || findProgram('openssl') === undefined
    ? 'install python3 and openssl'
    : false;

test(
  'the few lines in the documentation check a certificate without Gridkeep',
  { skip: programsMissing },
  async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'certificate.json');
    const check = (): string =>
      execFileSync('python3', ['-c', documentedCheck(), file], {
        cwd: folder,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    for (const points of [0, 1, 2, 7]) {
      await writeFile(file, formatCertificate(signStatement(statement(points), privateKey)));
      assert.match(check(), new RegExp(`${points} restore points`));
      assert.match(check(), new RegExp(fingerprintOf(createPublicKey(privateKey))));
    }
    await writeFile(
      file,
      formatCertificate(signStatement(statement(7), privateKey)).replace(
        '"slug": "plaza"',
        '"slug": "piazza"',
      ),
    );
    assert.throws(check, /verif/i);
    await writeFile(
      file,
      formatCertificate(signStatement({ ...statement(7), merkleRoot: hash('c') }, privateKey)),
    );
    assert.throws(check, /root/);
  },
);
