/** Every recorded exchange again, in the recorded order, with what the exchanges themselves built. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { readScenario } from './test-support/replay/recording.ts';
import { methodOf } from './test-support/replay/replay.ts';
import type { Played } from './test-support/replay/replay.ts';
import { flagRecordedRegion, makeRecordedResidents, startReplayWorld } from './test-support/replay/world.ts';

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

test('recorded exchanges are answered as they were', { skip: missing('fixtures') }, async (context) => {
  const recorded = scenarios.map((name) => ({ name, exchanges: readScenario(name) }));
  const world = await startReplayWorld(
    context,
    recorded.flatMap(({ exchanges }) => exchanges),
  );
  for (const { name, exchanges } of recorded) {
    // The residents were made between these two; the first of them recorded logins of nobody.
    if (name === '01-region-start') await makeRecordedResidents(world, 'grid2');
    if (name === '02-login-no-region') await makeRecordedResidents(world, 'robust');
    if (name === '03-region-stop') await flagRecordedRegion(world, 'robust', 'Plaza');
    await world.replay.scenario(exchanges);
  }
  const { played } = world.replay;
  const count = (outcome: Played['outcome']) => played.filter((one) => one.outcome === outcome).length;
  context.diagnostic(
    `${count('same')} the same, ${count('differs')} differ, ${count('passed over')} passed over`,
  );
  const report = process.env['GRIDKEEP_TEST_REPLAY_REPORT'];
  if (report !== undefined) writeFileSync(report, played.map(line).join('\n'));
  assert.ok(count('same') > 0);
});

function line({ exchange, outcome, reasons }: Played): string {
  const sent = Buffer.from(exchange.sent ?? []).toString('utf8');
  const what = `${exchange.service} ${exchange.method} ${exchange.path.slice(0, 60)} ${methodOf(exchange.path, sent)}`;
  return `${outcome.toUpperCase()} ${exchange.file} ${exchange.line} ${what}\n${reasons.map((reason) => `    ${reason}\n`).join('')}`;
}
