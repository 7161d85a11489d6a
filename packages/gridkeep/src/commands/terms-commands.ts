import { readFile } from 'node:fs/promises';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { isTermsAddress } from '@gridkeep/grid/terms/terms';
import type { Terms } from '@gridkeep/grid/terms/terms';
import type { TermsAcceptance, TermsVersion } from '@gridkeep/grid/terms/terms-store';
import { tryDecodeUtf8Document } from '@gridkeep/wire/utf8';
import Type from 'typebox';
import { CommandError, confirmationNeededCode, installationCommand } from './command.ts';
import { formatTable, formatTime } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { requireFile } from './region-archive-commands.ts';

const versionInput = Type.Integer({ description: 'the version (default: the current one)', minimum: 1 });
/** Characters of a text that are shown in a list. */
const excerptLength = 60;
const fileBytesMax = 1024 * 1024;

export const termsShow = installationCommand({
  name: 'terms show',
  summary: 'Show the terms of service that residents have to accept',
  examples: ['gridkeep terms show', 'gridkeep terms show --version 1'],
  input: Type.Object({ version: Type.Optional(versionInput), ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const terms = await versionOf(services.terms, input.version);
    return { data: { terms: termsData(terms) }, text: terms.text };
  },
});

export const termsPublish = installationCommand({
  name: 'terms publish',
  summary: 'Publish terms of service: every resident is asked to accept them at the next login',
  examples: ['gridkeep terms publish terms.txt', 'gridkeep terms publish terms.html --grid seaside --yes'],
  input: Type.Object(
    {
      file: Type.String({ description: 'a file with the text, or with nothing but the address of a page' }),
      yes: Type.Optional(Type.Boolean({ description: 'publish without asking' })),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['file'],
  paths: ['file'],
  run: async ({ tenants }, input) => {
    const { grid, services } = await tenantOf(tenants, input.grid);
    await requireFile(input.file);
    const bytes = await readFile(input.file);
    const text = bytes.byteLength > fileBytesMax ? undefined : tryDecodeUtf8Document(bytes);
    if (text === undefined)
      throw new CommandError('terms-refused', `${input.file} is not a text in UTF-8 of at most 1 MiB`);
    if (input.yes !== true)
      throw new CommandError(
        confirmationNeededCode,
        `every resident of grid "${grid.slug}" has to accept ${isTermsAddress(text.trim()) ? `the terms at ${text.trim()}` : `the terms in ${input.file}`} at the next login`,
      );
    const published = await services.terms.publish(text);
    return {
      data: { terms: termsData(published) },
      text: `Version ${published.version} of the terms of grid "${grid.slug}" is published.`,
    };
  },
});

export const termsList = installationCommand({
  name: 'terms list',
  summary: 'List the versions of the terms of service',
  examples: ['gridkeep terms list'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { grid, services } = await tenantOf(tenants, input.grid);
    const versions = await services.terms.versions();
    return {
      data: { terms: versions.map((terms) => ({ ...termsData(terms), acceptances: terms.acceptances })) },
      text: formatTable(
        ['VERSION', 'PUBLISHED', 'ACCEPTED BY', 'TEXT'],
        versions.map((terms) => [
          ...[String(terms.version), formatTime(terms.publishedAt), String(terms.acceptances)],
          excerpt(terms.text),
        ]),
        `Grid "${grid.slug}" has no terms of service.`,
      ),
    };
  },
});

export const termsAccepted = installationCommand({
  name: 'terms accepted',
  summary: 'List who has accepted the terms of service, and when',
  examples: ['gridkeep terms accepted', 'gridkeep terms accepted --version 1 --json'],
  input: Type.Object({ version: Type.Optional(versionInput), ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const { version } = await versionOf(services.terms, input.version);
    const accepted = await acceptances(services, version);
    return {
      data: {
        version,
        accepted: accepted.map(({ accountId, name, acceptedAt, address }) => ({
          ...{ id: accountId, name, address },
          acceptedAt: new Date(acceptedAt).toISOString(),
        })),
      },
      text: formatTable(
        ['RESIDENT', 'ID', 'ACCEPTED', 'FROM'],
        accepted.map(({ accountId, name, acceptedAt, address }) => [
          ...[name, accountId, formatTime(acceptedAt), address],
        ]),
        `Nobody has accepted version ${version} yet.`,
      ),
    };
  },
});

async function versionOf(terms: Terms, version: number | undefined): Promise<TermsVersion> {
  const found =
    version === undefined
      ? await terms.current()
      : (await terms.versions()).find((one) => one.version === version);
  if (found !== undefined) return found;
  throw new CommandError(
    'not-found',
    version === undefined
      ? 'there are no terms of service: "gridkeep terms publish FILE" publishes some'
      : `there is no version ${version}: see "gridkeep terms list"`,
  );
}

async function acceptances({ terms, accounts }: GridServices, version: number) {
  const found: TermsAcceptance[] = [];
  for await (const acceptance of terms.acceptances(version)) found.push(acceptance);
  const known = await accounts.findMany(found.map(({ accountId }) => accountId));
  return found
    .map((acceptance) => {
      const account = known.get(acceptance.accountId);
      return { ...acceptance, name: account === undefined ? '' : `${account.firstName} ${account.lastName}` };
    })
    .sort((one, other) => one.acceptedAt - other.acceptedAt);
}

function termsData({ version, text, publishedAt }: TermsVersion) {
  return { version, text, publishedAt: new Date(publishedAt).toISOString() };
}

function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > excerptLength ? `${line.slice(0, excerptLength - 1)}…` : line;
}
