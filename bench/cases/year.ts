import { enableCompileCache } from 'node:module';
import { simulateYear } from '@gridkeep/hosting/test-support/year';
import type { Incident, YearReport } from '@gridkeep/hosting/test-support/year';
import type { BenchCase, Measurement } from '../measurement.ts';
import { withScratch } from '../scratch.ts';

const nights = Number(process.env['BENCH_NIGHTS'] ?? '365');

/** At these parts of the year. */
const incidents: readonly (readonly [number, Incident])[] = [
  [0.16, 'junk'],
  [0.33, 'clock-ahead'],
  [0.55, 'downtime'],
  [0.82, 'junk'],
  [0.945, 'clock-ahead'],
  [0.96, 'junk'],
];

const year: BenchCase = {
  title: `${nights} nights of a changing grid on a fake clock: backup and prune every night, then every promised day restored`,
  run: () =>
    withScratch(async (folder) => {
      // Every night starts threads.
      enableCompileCache();
      const begun = performance.now();
      const report = await simulateYear({
        folder,
        nights,
        scale: {
          ...{ residents: 12, daysPerResident: 7, regions: 3, objectsPerRegion: 50, daysPerLoad: 3 },
          ...{ firstAssets: 300, assetsPerDay: 8, inventoryChangesPerDay: 20, assetBytesMax: 12_000 },
        },
        incidents: new Map(incidents.map(([at, incident]) => [Math.floor(at * nights), incident])),
        junkSnapshots: 500,
        onNight: (night) => {
          if (night % 50 === 49)
            console.log(`  (${night + 1} nights after ${((performance.now() - begun) / 1000).toFixed(0)} s)`);
        },
      });
      return rows(report);
    }),
};

function rows(report: YearReport): readonly Measurement[] {
  const { grid, backup, prune, restore } = report;
  const wrong = [...report.brokenPromises, ...report.differences];
  return [
    {
      what: 'promised days restored and the same byte for byte',
      figure: `${report.restoredDays - new Set(report.differences.map((one) => one.slice(0, 10))).size} of ${report.restoredDays}${wrong.length === 0 ? '' : `: ${wrong.slice(0, 20).join('; ')}`}`,
      goal: 'all',
    },
    {
      what: 'the grid on the last day',
      figure: `${grid.rows} rows, ${grid.contents} contents with ${megabytes(grid.contentBytes)}`,
    },
    {
      what: 'stored',
      figure: `${megabytes(report.packBytes)} in ${report.packs} packs, ${report.indexFiles} index files, ${report.snapshots} snapshots`,
      peer: `${megabytes(backup.bytes)} in ${backup.packs} packs written by ${report.nights} backups`,
    },
    {
      what: 'prune, all nights',
      figure:
        `${prune.forgotten} snapshots forgotten, ${prune.packsRemoved} packs removed (${megabytes(prune.bytesFreed)}), ` +
        `${prune.packsRepacked} of them rewritten: ${megabytes(prune.bytesRead)} read, ${megabytes(prune.bytesWritten)} written`,
    },
    { what: 'a backup', figure: times(backup.took) },
    { what: 'a prune', figure: times(prune.took) },
    { what: 'a restore of the whole grid, with its comparison', figure: times(restore.took) },
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function times(took: readonly number[]): string {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0)} ms`;
  return `${at(0.5)} (median), ${at(0.95)} (p95)`;
}

export default year;
