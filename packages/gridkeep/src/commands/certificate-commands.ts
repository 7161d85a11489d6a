import { readFile, stat, writeFile } from 'node:fs/promises';
import {
  certificateBytesMax,
  CertificateError,
  checkCertificate,
  fingerprintOf,
  formatCertificate,
  parseCertificate,
} from '@gridkeep/hosting/certificates/certificate';
import type { Certificate } from '@gridkeep/hosting/certificates/certificate';
import Type from 'typebox';
import { backupCertificateKind, vaultJobResultSchema } from '../jobs/vault-job-inputs.ts';
import { CommandError, installationCommand, localCommand } from './command.ts';
import { formatFields } from './format.ts';
import { runJob } from './run-job.ts';
import { unlockedTenant, vaultInput, vaultSecrets } from './vault-input.ts';

export const backupCertificate = installationCommand({
  name: 'backup certificate',
  summary: 'State and sign what is in the vault now, for the customer; or show the statement of a month',
  examples: [
    'gridkeep backup certificate --write certificate.json',
    'gridkeep backup certificate --month 2026-10 --write october.json',
  ],
  input: Type.Object(
    {
      month: Type.Optional(
        Type.String({
          description: 'the last one of that month, instead of a new one',
          pattern: '^[0-9]{4}-[0-9]{2}$',
          title: 'YYYY-MM',
        }),
      ),
      write: Type.Optional(
        Type.String({ description: 'file to write; one that is there stays', title: 'file' }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  paths: ['write'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input, report) => {
    const { grid } = await unlockedTenant(installation, input);
    if (input.month === undefined)
      await runJob(installation, report, vaultJobResultSchema, {
        ...{ kind: backupCertificateKind, grid: grid.slug, input: {} },
      });
    const certificate = await installation.certificates.find(grid.slug, input.month);
    if (certificate === undefined)
      throw new CommandError(
        'not-found',
        `there is no certificate of ${input.month ?? 'this month'}; there are: ${(await installation.certificates.list(grid.slug)).map(({ month }) => month).join(', ') || 'none yet'}`,
      );
    if (input.write !== undefined) await writeNew(input.write, formatCertificate(certificate));
    const key = await installation.signingKey.publicKey();
    return {
      data: { ...certificate, fingerprint: key === undefined ? null : fingerprintOf(key) },
      text: [
        certificateText(certificate),
        ...(input.write === undefined ? [] : [`Written to ${input.write}.`]),
      ].join('\n'),
    };
  },
});

export const backupCertificateVerify = localCommand({
  name: 'backup certificate verify',
  summary: 'Check the signature of a certificate and its list of restore points; needs nothing but the file',
  examples: [
    'gridkeep backup certificate verify certificate.json',
    'gridkeep backup certificate verify certificate.json --fingerprint 4f0c1bd2…',
  ],
  input: Type.Object(
    {
      file: Type.String({ description: 'the certificate' }),
      fingerprint: Type.Optional(
        Type.String({
          description: "of the host's key, as the host has published it",
          pattern: '^[0-9a-fA-F]{64}$',
          title: 'hex',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  positional: ['file'],
  paths: ['file'],
  run: async (input) => {
    const certificate = await readCertificate(input.file);
    const check = checkCertificate(certificate);
    const known =
      input.fingerprint === undefined ? null : input.fingerprint.toLowerCase() === check.fingerprint;
    const good = check.signatureFits && check.rootFits && known !== false;
    return {
      exitCode: good ? 0 : 1,
      data: { valid: good, ...check, keyIsTheExpectedOne: known, statement: certificate.statement },
      text: [
        good ? 'The certificate is genuine.' : 'THE CERTIFICATE IS NOT GENUINE.',
        check.signatureFits
          ? 'The signature fits the statement and the key in the file.'
          : 'The signature does not fit: the statement was changed, or signed by another key.',
        check.rootFits
          ? 'The Merkle root is that of the listed restore points.'
          : 'The Merkle root is not that of the listed restore points.',
        known === null
          ? `Compare the fingerprint with the one that the host has published: ${check.fingerprint}`
          : known
            ? 'The key is the expected one.'
            : `The key is another one: ${check.fingerprint}`,
        certificateText(certificate),
      ].join('\n'),
    };
  },
});

function certificateText({ statement, publicKey, signature }: Certificate): string {
  const { restorePoints, lastVerify, lastDrill } = statement;
  const locked = restorePoints
    .flatMap(({ lockedUntil }) => (lockedUntil === null ? [] : [lockedUntil]))
    .sort();
  return formatFields([
    ['grid', `${statement.grid.name} (${statement.grid.slug}, ${statement.grid.id})`],
    ['month', `${statement.month} (${statement.timeZone}), issued ${statement.issuedAt}`],
    [
      'promised',
      `${statement.retention.days} days, ${statement.retention.weeks} weeks, ${statement.retention.months} months`,
    ],
    [
      'restore points',
      restorePoints.length === 0
        ? 'none'
        : `${restorePoints.length}, from ${restorePoints[0]?.time ?? ''} to ${restorePoints.at(-1)?.time ?? ''}`,
    ],
    ['locked', locked.length === 0 ? 'none' : `${locked.length}, the last until ${locked.at(-1) ?? ''}`],
    ['merkle root', statement.merkleRoot],
    ['last verify', lastVerify === null ? 'never' : `${lastVerify.at}: ${lastVerify.summary}`],
    ['last drill', lastDrill === null ? 'never' : `${lastDrill.at}: ${lastDrill.summary}`],
    ['all data read since', statement.dataReadSince ?? 'not yet'],
    ['key', checkCertificate({ statement, publicKey, signature }).fingerprint],
  ]);
}

async function readCertificate(path: string): Promise<Certificate> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new CommandError('not-found', `there is no file ${path}`);
  if (found.size > certificateBytesMax) throw new CommandError('certificate', `${path} is too large`);
  try {
    return parseCertificate(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof CertificateError) throw new CommandError('certificate', `${path}: ${error.message}`);
    throw error;
  }
}

/** One that is there may be the proof of another month. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new CommandError('exists', `${path} exists already`);
    throw error;
  }
}
