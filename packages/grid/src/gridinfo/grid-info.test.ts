import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedExchanges } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import type { RobustReply } from '../robust-http.ts';
import type { SettingValues } from '../settings/setting-definitions.ts';
import { standardSettings } from '../settings/setting-texts.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { gridInfoRoutes, gridInfoXmlRpc } from './grid-info-public.ts';
import { GridInfo } from './grid-info.ts';
import { GridStatistics } from './grid-statistics.ts';

const address = { name: 'Sample Grid', nick: 'samplegrid', publicUrl: 'http://127.0.0.1:8002/' };
const pages = ['welcome', 'economy', 'about', 'register', 'help', 'password'] as const;
const recordedSettings: Partial<SettingValues> = {
  splashUrl: 'http://127.0.0.1:8002/welcome',
  economyUrl: 'http://127.0.0.1:8002/',
  ...Object.fromEntries(pages.slice(2).map((page) => [`${page}Url`, `http://127.0.0.1:8002/${page}`])),
};

function gridWith(changes: Partial<SettingValues> = {}) {
  const settings = { read: () => ({ ...standardSettings, ...changes }) };
  const info = new GridInfo({ settings, address: () => address });
  let counted = 0;
  let now = 0;
  const statistics = new GridStatistics(
    () => Promise.resolve({ residents: ++counted, activeUsers: 2, regions: 5 }),
    () => now,
  );
  const routes = gridInfoRoutes(info, statistics, settings);
  const ask = async (path: string, method = 'GET'): Promise<RobustReply> => {
    const handler = routes.get(path.split('/')[1] ?? '') ?? assert.fail(path);
    return handler(robustRequest(method, path));
  };
  return { info, ask, wait: (ms: number) => (now += ms) };
}

for (const file of ['00-grid-info', '14-helpers'])
  test(`${file} is answered byte for byte`, { skip: missing('fixtures') }, async () => {
    const { ask } = gridWith(recordedSettings);
    for (const { path, method, status, contentType, received } of recordedExchanges(
      file,
      /grid_info$/,
      'robust-public',
    )) {
      const reply = await ask(path, method);
      assert.equal(bodyText(reply), received.toString('utf8'));
      assert.deepEqual([reply.status, reply.contentType], [status, contentType]);
      assert.deepEqual(reply.headers, { Connection: 'close' });
    }
  });

test('the XML-RPC answer is the recorded one', { skip: missing('fixtures') }, async () => {
  const { info } = gridWith(recordedSettings);
  const method = gridInfoXmlRpc(info).get('get_grid_info') ?? assert.fail();
  const exchanges = recordedExchanges('00-grid-info', /^\/$/, 'robust-public');
  const recorded = exchanges.find(({ method: verb }) => verb === 'POST') ?? assert.fail();
  assert.deepEqual(
    { kind: 'value', value: await method(new Map(), { address: '127.0.0.1' }) },
    readXmlRpcResponse(recorded.received),
  );
});

test('only what has a value is told, escaped; without Hypergrid nothing of it', async () => {
  const { ask, info } = gridWith({ hypergrid: false, helpUrl: `http://a.example/?a=1&b='"<` });
  const reply = await ask('/get_grid_info');
  assert.equal(
    bodyText(reply),
    '<gridinfo><platform>OpenSim</platform><login>http://127.0.0.1:8002/</login><gridname>Sample Grid</gridname>' +
      '<gridnick>samplegrid</gridnick><help>http://a.example/?a=1&amp;b=&apos;&quot;&lt;</help></gridinfo>',
  );
  assert.deepEqual(
    [...(await info.extraFeatures()).keys()],
    ['map-server-url', 'GridURL', 'GridName', 'GridNick', 'ExportSupported'],
  );
});

test('other verbs are refused', async () => {
  const { ask } = gridWith();
  for (const path of ['/get_grid_info', '/json_grid_info', '/get_grid_stats'])
    assert.equal((await ask(path, 'POST')).status, 405);
  assert.equal((await ask('/get_grid_info/more')).status, 404);
});

test('statistics are counted every 15 minutes, and not told when that is not wanted', async () => {
  const { ask, wait } = gridWith();
  const expected = (residents: number) =>
    `<gridstats><residents>${residents}</residents><active_users>2</active_users><region_count>5</region_count></gridstats>`;
  assert.equal(bodyText(await ask('/get_grid_stats')), expected(1));
  wait(899_000);
  assert.equal(bodyText(await ask('/get_grid_stats')), expected(1));
  wait(1001);
  assert.equal(bodyText(await ask('/get_grid_stats')), expected(2));
  assert.equal((await gridWith({ publicStatistics: false }).ask('/get_grid_stats')).status, 405);
});
