/** Nights of a grid on a fake clock, with attacks and a breakdown among them: every promised day comes back byte for byte. */
import assert from 'node:assert/strict';
import { enableCompileCache } from 'node:module';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { simulateYear } from '../test-support/year.ts';

// Every night starts threads.
enableCompileCache();

test('every promised day is restored byte for byte', async (context) => {
  const report = await simulateYear({
    folder: await temporaryFolder(context, 'gridkeep-year'),
    nights: 40,
    nightsPerPrune: 4,
    scale: {
      ...{ residents: 4, daysPerResident: 10, regions: 1, objectsPerRegion: 12, daysPerLoad: 5 },
      ...{ firstAssets: 20, assetsPerDay: 4, inventoryChangesPerDay: 6, assetBytesMax: 1500 },
    },
    incidents: new Map([
      [3, 'clock-ahead'],
      [6, 'downtime'],
      [24, 'clock-ahead'],
      [35, 'junk'],
    ]),
    junkSnapshots: 30,
  });
  const { backup, prune, restore } = report;
  const sum = (times: readonly number[]): string =>
    `${(times.reduce((a, b) => a + b, 0) / 1000).toFixed(1)} s`;
  context.diagnostic(
    `${report.restoredDays} days restored of ${report.nights} backups; ${report.packs} packs with ${report.packBytes} bytes of ` +
      `${backup.bytes} written; prune removed ${prune.packsRemoved} packs, rewrote ${prune.packsRepacked}, wrote ` +
      `${prune.bytesWritten} bytes; backups ${sum(backup.took)}, prune ${sum(prune.took)}, restores ${sum(restore.took)}`,
  );
  assert.deepEqual(report.brokenPromises, []);
  assert.deepEqual(report.differences, []);
  assert.ok(report.restoredDays >= 33, `${report.restoredDays} days`);
  assert.ok(prune.packsRemoved > 0);
  assert.ok(report.packBytes < backup.bytes);
  assert.ok(prune.bytesWritten < 8 * backup.bytes);
});
