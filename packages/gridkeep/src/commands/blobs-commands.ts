import Type from 'typebox';
import {
  blobsCompactKind,
  blobsReindexKind,
  blobsVerifyKind,
  compactResultSchema,
  reindexResultSchema,
  verifyResultSchema,
} from '../jobs/blobs-job-results.ts';
import { userText } from '../jobs/lost-content.ts';
import type { BlobUser } from '../jobs/lost-content.ts';
import { installationCommand } from './command.ts';
import { formatBytes, formatFields } from './format.ts';
import { runJob } from './run-job.ts';

const megabyte = 1_000_000;
const hourMs = 3_600_000;
/** Longer than any archive takes from its first blob to its records. */
const graceHoursDefault = 72;

export const blobsStats = installationCommand({
  name: 'blobs stats',
  summary: 'Show how much content is kept, and how much of it is dead',
  examples: ['gridkeep blobs stats', 'gridkeep blobs stats --json'],
  input: Type.Object({}, { additionalProperties: false }),
  run: async ({ blobs }) => {
    const stats = await blobs.stats();
    return {
      data: { ...stats },
      text: formatFields([
        ['blobs', String(stats.blobs)],
        ['packs', String(stats.packs)],
        ['content', formatBytes(stats.logicalBytes)],
        ['on disk', formatBytes(stats.storedBytes)],
        ['dead', formatBytes(stats.deadBytes)],
      ]),
    };
  },
});

export const blobsVerify = installationCommand({
  name: 'blobs verify',
  summary: 'Read and hash all content; name what is damaged',
  examples: ['gridkeep blobs verify', 'gridkeep blobs verify --megabytes-per-second 50'],
  input: Type.Object(
    {
      megabytesPerSecond: Type.Optional(
        Type.Number({ description: 'read no faster than this', exclusiveMinimum: 0 }),
      ),
    },
    { additionalProperties: false },
  ),
  run: async (installation, input, report) => {
    const { megabytesPerSecond } = input;
    const result = await runJob(installation, report, verifyResultSchema, {
      kind: blobsVerifyKind,
      key: blobsVerifyKind,
      input: { bytesPerSecondMax: megabytesPerSecond === undefined ? null : megabytesPerSecond * megabyte },
    });
    const { damageCount } = result;
    return {
      exitCode: damageCount === 0 ? 0 : 1,
      data: result,
      text: [
        `${result.blobs} blobs, ${formatBytes(result.bytes)} read: ` +
          (damageCount === 0 ? 'all sound' : `${damageCount} damages`),
        ...result.damages.map(
          (damage) =>
            `  pack ${damage.pack} at ${damage.offset}: ${damage.reason}, ${damage.detail}; ` +
            `${damage.recoverable ? 'nothing is lost by it' : `lost: ${lostText(damage.blob, damage.usedBy)}`}`,
        ),
      ].join('\n'),
    };
  },
});

export const blobsReindex = installationCommand({
  name: 'blobs reindex',
  summary: 'Build the index of the content afresh from its packs; name what is lost',
  examples: ['gridkeep blobs reindex', 'gridkeep blobs reindex --deep'],
  input: Type.Object(
    {
      deep: Type.Optional(
        Type.Boolean({ description: "hash every record instead of trusting the packs' lists" }),
      ),
    },
    { additionalProperties: false },
  ),
  run: async (installation, input, report) => {
    const result = await runJob(installation, report, reindexResultSchema, {
      kind: blobsReindexKind,
      key: blobsReindexKind,
      input: { deep: input.deep ?? false },
    });
    return {
      exitCode: result.lostCount === 0 ? 0 : 1,
      data: result,
      text: [
        `${result.blobs} blobs in ${result.packs} packs, ${result.recovered} found again, ${result.lostCount} lost`,
        ...result.lost.map((one) => `  ${lostText(one.blob, one.usedBy)}`),
      ].join('\n'),
    };
  },
});

export const blobsCompact = installationCommand({
  name: 'blobs compact',
  summary: 'Delete content that no grid needs any more, and give its space back',
  examples: ['gridkeep blobs compact', 'gridkeep blobs compact --grace-hours 168'],
  input: Type.Object(
    {
      graceHours: Type.Optional(
        Type.Number({
          description: `keep what was put in the last hours, needed or not (default ${graceHoursDefault}; a server and running loads need a little)`,
          minimum: 0,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  run: async (installation, input, report) => {
    const result = await runJob(installation, report, compactResultSchema, {
      kind: blobsCompactKind,
      key: blobsCompactKind,
      input: { graceMs: (input.graceHours ?? graceHoursDefault) * hourMs },
    });
    const { swept, compacted } = result;
    return {
      data: result,
      text:
        `${swept.deleted} blobs deleted (${formatBytes(swept.deletedBytes)}), ` +
        `${swept.spared} unused ones spared for now, ${formatBytes(compacted.bytesFreed)} given back`,
    };
  },
});

function lostText(blob: string | null, usedBy: readonly BlobUser[]): string {
  const users = usedBy.length === 0 ? 'no asset uses it' : usedBy.map(userText).join('; ');
  return `blob ${blob ?? 'unknown'}: ${users}`;
}
