import type { ArchiveDiff } from '@gridkeep/content/archives/diff-archives';
import type { InspectionReport } from '@gridkeep/content/archives/inspection-report';
import Type from 'typebox';
import { localCommand } from './command.ts';
import { formatBytes, formatFields, formatTable } from './format.ts';

const findingsShownMax = 50;
const missingShownMax = 20;

export const archiveInspect = localCommand({
  name: 'archive inspect',
  summary: 'Check an OAR or IAR without loading it',
  examples: ['gridkeep archive inspect big-bay.oar', 'gridkeep archive inspect ada.iar --json'],
  input: Type.Object(
    { file: Type.String({ description: 'OAR or IAR file' }) },
    { additionalProperties: false },
  ),
  positional: ['file'],
  paths: ['file'],
  run: async (input, report) => {
    const { inspectArchive } = await import('@gridkeep/content/archives/inspect-archive');
    const found = await inspectArchive(input.file, {
      onProgress: ({ bytesRead, bytesTotal, entries }) =>
        report.progress({
          done: bytesRead,
          ...(bytesTotal === undefined ? {} : { total: bytesTotal }),
          unit: 'bytes',
          message: `${entries} entries`,
        }),
    });
    return {
      exitCode: found.verdict === 'refuse' ? 1 : 0,
      data: { ...found },
      text: inspectionText(found),
    };
  },
});

export const archiveDiff = localCommand({
  name: 'archive diff',
  summary: 'Compare two OARs or two IARs by what they mean; exit code 1 when they differ',
  examples: ['gridkeep archive diff original.oar saved.oar', 'gridkeep archive diff a.iar b.iar --json'],
  input: Type.Object(
    {
      a: Type.String({ description: 'OAR or IAR file' }),
      b: Type.String({ description: 'OAR or IAR file' }),
    },
    { additionalProperties: false },
  ),
  positional: ['a', 'b'],
  paths: ['a', 'b'],
  run: async (input) => {
    const { diffArchives } = await import('@gridkeep/content/archives/diff-archives');
    const diff = await diffArchives(input.a, input.b);
    return { exitCode: diff.equal ? 0 : 1, data: { ...diff }, text: diffText(diff) };
  },
});

function diffText(diff: ArchiveDiff): string {
  const { counts, differences, refused } = diff;
  return [
    diff.equal ? 'The archives are equal.' : 'The archives differ.',
    formatTable(
      ['', 'SAME', 'DIFFERENT', 'ONLY IN A', 'ONLY IN B'],
      Object.entries(counts).map(([what, count]) => [
        what,
        ...[count.same, count.differs, count.onlyInA, count.onlyInB].map(String),
      ]),
      '',
    ),
    ...(refused.a + refused.b === 0
      ? []
      : [`Not compared, since they cannot be used: ${refused.a} entries of a, ${refused.b} of b.`]),
    ...differences.flatMap(({ what, key, change, details }) => [
      `${what} ${key}: ${change}`,
      ...details.map((line) => `  ${line}`),
    ]),
  ].join('\n');
}

function inspectionText(report: InspectionReport): string {
  const { regions, assets, references, inventory, refusal } = report;
  const sections = [
    formatFields([
      ['kind', `${report.kind.toUpperCase()}${report.version === undefined ? '' : ` ${report.version}`}`],
      ['verdict', refusal === undefined ? report.verdict : `refuse: ${refusal.rule} ${refusal.message}`],
      ['saved', report.savedAt ?? 'unknown'],
      ['size', `${formatBytes(report.bytes.compressed)}, ${formatBytes(report.bytes.uncompressed)} unpacked`],
      ['entries', `${report.entries}, ${report.entriesRefused} of them not usable`],
      ['objects', `${report.objects} with ${report.parts} parts and ${report.scripts} scripts`],
      ['parcels', String(report.parcels)],
      ...(inventory === undefined
        ? []
        : ([
            [
              'inventory',
              `${inventory.items} items, ${inventory.folders} folders, ${inventory.emptyFolders} empty ones, ` +
                `${inventory.links} links (${inventory.danglingLinks} dangling)`,
            ],
          ] as const)),
      [
        'assets',
        `${assets.count}, ${formatBytes(assets.bytes)}; ${assets.usable} usable ids, ` +
          `${formatBytes(assets.uniqueBytes)} of distinct content, ${assets.conflicts} conflicts`,
      ],
      ['creators', String(report.people.creators.count)],
      ['missing assets', String(references.missing)],
      ['unused assets', String(references.unreferenced)],
    ]),
    formatTable(
      ['REGION', 'SIZE', 'OBJECTS', 'PARTS', 'SCRIPTS', 'PARCELS', 'TERRAIN'],
      regions.map((region) => [
        region.name ?? region.dir,
        `${region.size.x}x${region.size.y}`,
        String(region.objects),
        String(region.parts),
        String(region.scripts),
        String(region.parcels),
        region.terrain === undefined
          ? 'none'
          : `${region.terrain.lowest.toFixed(1)} to ${region.terrain.highest.toFixed(1)} m`,
      ]),
      '',
    ),
    formatTable(
      ['ASSETS', 'COUNT', 'BYTES'],
      assets.byKind.map((kind) => [kind.name, String(kind.count), formatBytes(kind.bytes)]),
      '',
    ),
    ...references.missingList.slice(0, missingShownMax).map((missing) => {
      const wanter = missing.wantedBy[0];
      const by = wanter === undefined ? '' : `, wanted by ${wanter.kind} "${wanter.name}" (${wanter.where})`;
      return `missing asset ${missing.id}${by}`;
    }),
    ...report.findings.slice(0, findingsShownMax).map((finding) => {
      const at = finding.offset === undefined ? '' : ` at byte ${finding.offset}`;
      const entry = finding.entry === undefined ? '' : ` ${finding.entry}${at}:`;
      return `${finding.severity} ${finding.rule}:${entry} ${finding.message}`;
    }),
    report.findings.length > findingsShownMax ? '… --json lists all findings' : '',
  ];
  return sections.filter((section) => section !== '').join('\n');
}
