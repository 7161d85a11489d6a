/** Every recorded exchange again, in the recorded order, with what the exchanges themselves built. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { sharedPostgres } from '@gridkeep/testing/databases';
import { readRecording, recordingNames } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { explained, intendedDifferences } from './test-support/replay/intended-differences.ts';
import type { IntendedDifference } from './test-support/replay/intended-differences.ts';
import { readScenario, textOf } from './test-support/replay/recording.ts';
import { methodOf } from './test-support/replay/replay.ts';
import type { Played, Replay } from './test-support/replay/replay.ts';
import { flagRecordedRegion, makeRecordedResidents, startReplayWorld } from './test-support/replay/world.ts';
import type { DatabaseUrlOf } from './test-support/replay/world.ts';

/** As they were recorded one after the other. */
const scenarios = [
  ...['00-grid-info', '01-region-start', '02-login-bad-credentials', '02-login-no-region', '03-region-stop'],
  ...['01-region-restart', '02-bots-login-logout', '10-inventory-ops', '10-friends', '10-profiles'],
  ...['10-mutelist', '10-search-map-names', '10-client-login', '10-second-client-login', '10-asset-uploads'],
  ...['10-build-and-take', '10-logout-offline-im', '10-login-with-offline-im', '10-client-logout'],
  ...['10-groups', '11-land', '11-estate', '12-build-many', '21-two-region-start', '22-var-region-start'],
  ...['23-rez-large-object', '30-save-oar', '31-load-oar', '13-terrain', '02-login-xmlrpc-cdata-fault'],
  ...['14-remote-admin', '14-raw-login', '14-gatekeeper-uas', '14-helpers', '32-save-oar-multiregion'],
  ...['33-save-oar-var', '34-load-oar-var-merge', '35-load-oar-multiregion', '40-save-iar-default'],
  ...['41-save-iar-rich', '42-save-iar-options', '43-load-iar', '44-load-iar-merge', '50-grid2-region-start'],
  ...['24-teleport-between-simulators', '24-teleport-back', '25-two-region-stop', '60-rest-console'],
  ...['51-hypergrid-teleport-out', '51-hypergrid-abroad', '51-hypergrid-return', '51-hypergrid-logout'],
];

for (const dialect of ['sqlite', 'postgres'] as const) {
  const skip = dialect === 'sqlite' ? missing('fixtures') : missing('fixtures', 'postgres');
  test(`recorded exchanges are answered as they were (${dialect})`, { skip }, async (context) => {
    const postgres = dialect === 'sqlite' ? undefined : await sharedPostgres();
    const { played } = await replayAll(context, (grid) => postgres?.createDatabase(`replay_${grid}`));
    const count = (outcome: Played['outcome']) => played.filter((one) => one.outcome === outcome).length;
    const used = new Set<IntendedDifference>();
    const unexplained = played.filter(({ exchange, outcome, reasons }) => {
      if (outcome !== 'differs') return false;
      const why = explained(exchange, textOf(exchange.sent), reasons);
      for (const entry of why ?? []) used.add(entry);
      return why === undefined;
    });
    context.diagnostic(
      `${count('same')} the same, ${count('differs')} differ, ${count('passed over')} passed over`,
    );
    const report = process.env['GRIDKEEP_TEST_REPLAY_REPORT'];
    if (report !== undefined) writeFileSync(`${report}.${dialect}`, played.map(line).join('\n'));
    assert.deepEqual(unexplained.map(line), []);
    const needless = intendedDifferences.filter((entry) => !used.has(entry));
    assert.deepEqual(
      needless.map(({ reason }) => reason),
      [],
      'intended differences that are none any more',
    );
    // Every recorded request to a grid, and what the grids ask simulators meanwhile; four cannot be compared.
    assert.ok(played.length > requestsToGrids());
    assert.ok(count('passed over') <= 4);
  });
}

test('the document about compatibility tells every difference', () => {
  const document = readFileSync(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8');
  for (const { reason } of intendedDifferences) assert.ok(document.includes(reason), reason);
});

async function replayAll(context: TestContext, databaseUrlOf: DatabaseUrlOf): Promise<Replay> {
  const recorded = scenarios.map((name) => ({ name, parts: readScenario(name) }));
  const exchanges = recorded.flatMap(({ parts }) => parts.flat());
  const world = await startReplayWorld(context, exchanges, databaseUrlOf);
  for (const { name, parts } of recorded) {
    // Most residents were made between these two: before, logins of nobody had been recorded.
    if (name === '01-region-start') await makeRecordedResidents(world, 'grid2', ['Master']);
    if (name === '01-region-start') await makeRecordedResidents(world, 'robust', ['Test']);
    if (name === '02-login-no-region') await makeRecordedResidents(world, 'robust', ['Ima', 'Viewer']);
    if (name === '03-region-stop') await flagRecordedRegion(world, 'robust', 'Plaza');
    for (const part of parts) await world.replay.scenario(part);
  }
  return world.replay;
}

function requestsToGrids(): number {
  const isForGrid = ({ service }: { readonly service: string }) => /-(public|private)$/.test(service);
  return recordingNames().flatMap((name) => readRecording(name).filter(isForGrid)).length;
}

function line({ exchange, outcome, reasons }: Played): string {
  const { file, line: number, service, method, path, sent } = exchange;
  const what = `${service} ${method} ${path.slice(0, 60)} ${methodOf(path, textOf(sent))}`;
  return `${outcome.toUpperCase()} ${file} ${number} ${what}\n${reasons.map((reason) => `    ${reason}\n`).join('')}`;
}
