import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedExchanges } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readAssetDocument, writeAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import { readStringDocument, writeStringsDocument } from '@gridkeep/wire/robust/serialized';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { hypergridPublic } from '../hypergrid/hypergrid.ts';
import type { RobustReply } from '../robust-http.ts';
import { standardSettings } from '../settings/setting-texts.ts';
import { handlerIn } from '../test-support/form-client.ts';
import { strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testAsset, testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { ForeignUploads } from './foreign-uploads.ts';

const own = 'http://127.0.0.1:8002/';

function ask(grid: TestGrid) {
  const handler = handlerIn(hypergridPublic(grid.hypergrid, strictLog).routes, 'assets');
  return async (method: string, path: string, body: Uint8Array | string = ''): Promise<RobustReply> =>
    handler(robustRequest(method, path, body, { source: '192.0.2.1', address: '192.0.2.1' }));
}

async function isAbroad(grid: TestGrid, userId: Uuid = randomUuid()): Promise<void> {
  await grid.travels.start({
    ...{ userId, sessionId: randomUuid(), gatekeeper: 'http://other.example:8002/', clientAddress: '' },
  });
}

function upload(id: Uuid, content: string, type = 7): Uint8Array {
  const asset = {
    fullId: id,
    id,
    name: 'note',
    description: '',
    type,
    local: false,
    temporary: false,
    flags: 0,
  };
  return writeAssetDocument({ ...asset, creatorId: '', data: Buffer.from(content) });
}

forEachDatabase(
  'other grids see who made an asset, in its description and in objects',
  async (_, database) => {
    const grid = await testGrid(database);
    const ada = await grid.accounts.create({ firstName: 'Ada', lastName: 'Maker' });
    const stranger = randomUuid();
    const part = (creator: Uuid, data = '') =>
      `<SceneObjectPart><CreatorID><UUID>${creator}</UUID></CreatorID>${data}<Name>a &amp; b</Name></SceneObjectPart>`;
    const foreign = `<CreatorData>http://far.example:8002;Far Away</CreatorData>`;
    const xml = `<SceneObjectGroup>${part(ada.id)}<OtherParts>${part(stranger)}${part(ada.id, foreign)}</OtherParts></SceneObjectGroup>`;
    const object = testAsset(xml, { type: AssetTypes.object, creator: ada.id });
    const note = testAsset('text', { creator: `${stranger};http://far.example:8002/Far Away` });
    for (const asset of [object, note]) await grid.assets.create(asset, 'test');
    const request = ask(grid);
    const shown = readAssetDocument((await request('GET', `/assets/${object.id}`)).body, 100_000);
    assert.equal(shown.creatorId, `${ada.id};http://127.0.0.1:8002/Ada Maker`);
    const said = '<CreatorData>http://127.0.0.1:8002;Ada Maker</CreatorData>';
    const expected = xml.replace('</CreatorID><Name>', `</CreatorID>${said}<Name>`);
    assert.equal(Buffer.from(shown.data ?? []).toString(), expected);
    assert.equal(bodyText(await request('GET', `/assets/${object.id}/data`)), expected);
    assert.match(bodyText(await request('GET', `/assets/${object.id}/metadata`)), /Ada Maker/);
    assert.match(
      bodyText(await request('GET', `/assets/${note.id}`)),
      /;http:\/\/far\.example:8002\/Far Away</,
    );
    // A newer name shows in descriptions at once.
    await grid.accounts.update(ada.id, { lastName: 'Baker' });
    assert.match(bodyText(await request('GET', `/assets/${object.id}/metadata`)), /Ada Baker/);
    // What is no object stays as it is.
    const broken = testAsset('<SceneObjectGroup><not closed', { type: AssetTypes.object });
    await grid.assets.create(broken, 'test');
    assert.equal(
      bodyText(await request('GET', `/assets/${broken.id}/data`)),
      '<SceneObjectGroup><not closed',
    );
  },
);

forEachDatabase('kinds that may not leave are not there', async (_, database) => {
  const grid = await testGrid(database);
  const note = testAsset('secret');
  await grid.assets.create(note, 'test');
  const request = ask(grid);
  assert.equal((await request('GET', `/assets/${note.id}`)).status, 200);
  await grid.settings.write('disallowExport', 'sound, notecard');
  for (const part of ['', '/data', '/metadata'])
    assert.equal((await request('GET', `/assets/${note.id}${part}`)).status, 404);
  const exist = handlerIn(hypergridPublic(grid.hypergrid, strictLog).routes, 'get_assets_exist');
  const asked = await exist(robustRequest('POST', '/get_assets_exist', writeStringsDocument([note.id])));
  assert.match(bodyText(asked), /true/);
  await grid.settings.write('disallowExport', '');
  await grid.settings.write('hypergrid', 'false');
  assert.equal((await request('GET', `/assets/${note.id}`)).status, 404);
});

forEachDatabase(
  'assets come in only while a resident is abroad, and replace nothing',
  async (_, database) => {
    const grid = await testGrid(database);
    const home = await grid.accounts.create({ firstName: 'At', lastName: 'Home' });
    await grid.travels.start({
      userId: home.id,
      sessionId: randomUuid(),
      gatekeeper: own,
      clientAddress: '',
    });
    const post = async (body: Uint8Array) =>
      readStringDocument((await ask(grid)('POST', '/assets/', body)).body);
    const id = randomUuid();
    assert.equal(await post(upload(id, 'note')), zeroUuid);
    assert.equal(await grid.assets.find(id), undefined);

    await isAbroad(grid);
    const later = await testGrid(database);
    const postLater = async (body: Uint8Array) =>
      readStringDocument((await ask(later)('POST', '/assets/', body)).body);
    assert.equal(await postLater(upload(id, 'note')), id);
    assert.equal(await postLater(upload(id, 'another note')), id);
    assert.equal(Buffer.from((await later.assets.read(id)) ?? []).toString(), 'note');
    assert.deepEqual(await later.assets.conflicts(10), []);
    await later.settings.write('disallowImport', 'Notecard');
    assert.equal(await postLater(upload(randomUuid(), 'note')), zeroUuid);
    const { status } = await ask(later)('DELETE', `/assets/${id}`);
    assert.equal(status, 200);
    assert.notEqual(await later.assets.find(id), undefined);
  },
);

test('what an address brings within an hour is limited, and a while after the return it ends', async () => {
  let now = 1_000_000;
  let abroad = true;
  const uploads = new ForeignUploads({
    travels: { anyElsewhere: () => Promise.resolve(abroad), lastAbroadAt: -Infinity },
    own: { read: () => Promise.resolve({ url: own, settings: standardSettings, isOwn: () => false }) },
    now: () => now,
  });
  const large = 200 * 1024 * 1024;
  assert.equal(await uploads.refusal('a', large), undefined);
  assert.match((await uploads.refusal('a', large)) ?? '', /too much/);
  assert.equal(await uploads.refusal('b', large), undefined);
  now += 61 * 60_000;
  assert.equal(await uploads.refusal('a', large), undefined);
  abroad = false;
  now += 14 * 60_000;
  assert.equal(await uploads.refusal('c', 1), undefined);
  now += 2 * 60_000;
  assert.match((await uploads.refusal('c', 1)) ?? '', /no resident/);
});

forEachDatabase('recorded uploads from another grid are taken', async (context, database) => {
  const lacking = missing('fixtures');
  if (lacking !== false) return context.skip(lacking);
  const grid = await testGrid(database);
  await isAbroad(grid, parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201'));
  const request = ask(grid);
  for (const { method, path, sent, received, status } of recordedExchanges(
    '51-hypergrid-abroad',
    /^\/assets/,
    'robust-public',
  )) {
    const reply = await request(method, path, sent);
    assert.equal(reply.status, status);
    assert.deepEqual(Buffer.from(reply.body), received);
  }
});
