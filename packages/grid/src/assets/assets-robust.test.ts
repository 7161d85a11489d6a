import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import type { TextExchange } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readAssetDocument, writeAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import {
  readStringDocument,
  readStringsDocument,
  writeStringsDocument,
} from '@gridkeep/wire/robust/serialized';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { RobustReply, RobustRequest } from '../robust-http.ts';
import { robustRequest } from '../test-support/robust-request.ts';
import { bytesOf, testAsset, testGrid } from '../test-support/test-grid.ts';
import { AssetsRobust, assetBodyBytesMax } from './assets-robust.ts';

function request(method: string, path: string, body: Uint8Array = new Uint8Array(0)): RobustRequest {
  return robustRequest(method, path, body);
}

function textOf(reply: RobustReply): string {
  return Buffer.from(reply.body).toString('utf8');
}

/** Exchanges with the asset service. */
function recorded(file: string): readonly TextExchange[] {
  return recordedTexts(file, /^\/(assets|get_assets_exist)/);
}

const uploads = ['01-region-start', '10-asset-uploads', '12-build-many', '43-load-iar'];

forEachRecording(
  'recorded uploads are answered byte for byte and given back',
  uploads,
  async (exchanges, robust) => {
    for (const exchange of exchanges) {
      const sent = Buffer.from(exchange.sent, 'utf8');
      const reply = await robust.handle(request(exchange.method, exchange.path, sent));
      assert.equal(reply.status, exchange.status);
      assert.equal(reply.contentType, exchange.contentType);
      assert.equal(textOf(reply), exchange.received);
      if (exchange.method !== 'POST') continue;
      const uploaded = readAssetDocument(sent, assetBodyBytesMax);
      const whole = await robust.handle(request('GET', `/assets/${uploaded.fullId}`));
      assert.deepEqual(readAssetDocument(whole.body, assetBodyBytesMax), uploaded);
      const data = await robust.handle(request('GET', `/assets/${uploaded.fullId}/data`));
      assert.deepEqual(Buffer.from(data.body), Buffer.from(uploaded.data ?? []));
      assert.equal(data.contentType, 'application/octet-stream');
    }
  },
);

const downloads = [
  '14-helpers',
  '32-save-oar-multiregion',
  '33-save-oar-var',
  '40-save-iar-default',
  '41-save-iar-rich',
];

forEachRecording('recorded downloads come out byte for byte', downloads, async (exchanges, robust) => {
  for (const { received, status, contentType } of exchanges) {
    if (status !== 200 || contentType !== 'text/xml') continue;
    const asset = readAssetDocument(Buffer.from(received, 'utf8'), assetBodyBytesMax);
    await robust.handle(request('POST', '/assets/', writeAssetDocument(asset)));
  }
  for (const { method, path, status, contentType, received } of exchanges) {
    const reply = await robust.handle(request(method, path));
    assert.equal(reply.status, status);
    assert.equal(reply.contentType, contentType);
    // The recorded service does not know when an asset was made.
    const shown = textOf(reply).replace(/<CreationDate>[^<]*</, '<CreationDate>0001-01-01T00:00:00<');
    assert.equal(shown, received);
  }
});

const questions = ['31-load-oar', '34-load-oar-var-merge', '51-hypergrid-abroad'];

forEachRecording(
  'recorded existence questions get the same answers',
  questions,
  async (exchanges, robust) => {
    for (const { path, sent, received } of exchanges) {
      if (path !== '/get_assets_exist') continue;
      const ids = readStringsDocument(Buffer.from(sent, 'utf8'));
      const answers = [...received.matchAll(/<boolean>(true|false)<\/boolean>/g)].map(
        (match) => match[1] === 'true',
      );
      for (const [index, id] of ids.entries())
        if (answers[index] === true) {
          const { data, ...description } = testAsset(id, { id: parseUuid(id) });
          const document = { ...description, fullId: description.id, creatorId: undefined, data };
          await robust.handle(request('POST', '/assets', writeAssetDocument(document)));
        }
      const reply = await robust.handle(request('POST', path, Buffer.from(sent, 'utf8')));
      assert.equal(textOf(reply), received);
      assert.equal(reply.contentType, 'application/xml');
    }
  },
);

function forEachRecording(
  name: string,
  files: readonly string[],
  replay: (exchanges: readonly TextExchange[], robust: AssetsRobust) => Promise<void>,
): void {
  const skip = missing('fixtures');
  if (skip !== false) {
    test(name, { skip });
    return;
  }
  forEachDatabase(name, async (_test, database) => {
    for (const file of files) {
      const { assets } = await testGrid(database);
      await replay(recorded(file), new AssetsRobust({ assets }));
    }
  });
}

forEachDatabase(
  'requests that do not fit get the statuses that simulators expect',
  async (_test, database) => {
    const { assets } = await testGrid(database);
    const robust = new AssetsRobust({ assets });
    const asset = testAsset('content', {
      name: 'a < b & c',
      flags: 3,
      creator: `${randomUuid()};http://other/Ann Bee`,
    });
    await assets.create(asset, 'test');
    const cases: [string, string, number][] = [
      ['GET', '/assets', 200],
      ['GET', '/assets/', 200],
      ['GET', `/assets/${asset.id}`, 200],
      ['GET', `//assets//${asset.id.toUpperCase()}/`, 200],
      ['GET', `/assets/${asset.id}/x`, 400],
      ['GET', `/assets/${asset.id}/data/x`, 400],
      ['GET', `/assets/${randomUuid()}`, 404],
      ['GET', '/assets/not-a-uuid', 404],
      ['GET', '/assets/not-a-uuid/data', 404],
      ['GET', '/get_assets_exist', 404],
      ['PUT', `/assets/${asset.id}`, 404],
      ['GET', '/other', 404],
      ['POST', '/assets', 400],
      ['POST', `/assets/${asset.id}`, 400],
      ['POST', '/get_assets_exist', 400],
    ];
    for (const [method, path, status] of cases)
      assert.equal((await robust.handle(request(method, path))).status, status, `${method} ${path}`);
    const reply = await robust.handle(request('GET', `/assets/${asset.id}`));
    assert.match(textOf(reply), /<Name>a &lt; b &amp; c<\/Name>/);
    assert.match(textOf(reply), /<Flags>Maptile Rewritable<\/Flags>/);
    const metadata = await robust.handle(request('GET', `/assets/${asset.id}/metadata`));
    assert.equal(metadata.contentType, 'application/vnd.ll.notecard');
    assert.match(textOf(metadata), /<ContentType>application\/vnd.ll.notecard<\/ContentType>/);
    assert.match(textOf(metadata), /<CreationDate>2023-11-14T22:13:20Z?<\/CreationDate>/);
  },
);

forEachDatabase('a reply from memory is the same object, at once', async (_test, database) => {
  const { assets } = await testGrid(database);
  const robust = new AssetsRobust({ assets });
  const asset = testAsset('content');
  await assets.create(asset, 'test');
  const path = `/assets/${asset.id}/data`;
  const first = await robust.handle(request('GET', path));
  assert.equal(robust.handle(request('GET', path)), first);
});

forEachDatabase('an upload that is refused is answered with the zero id', async (_test, database) => {
  const { assets } = await testGrid(database, { quotaBytes: 10 });
  const refused: string[] = [];
  const robust = new AssetsRobust({ assets, onRefused: (error) => refused.push(error.name) });
  const upload = (content: string, type: number) => {
    const { data, ...description } = testAsset(content, { type });
    const document = { ...description, fullId: description.id, creatorId: undefined, data };
    return robust.handle(request('POST', '/assets/', writeAssetDocument(document)));
  };
  for (const reply of [await upload('x'.repeat(11), 7), await upload('x', 24)]) {
    assert.equal(reply.status, 200);
    assert.equal(readStringDocument(reply.body), zeroUuid);
  }
  assert.deepEqual(refused, ['QuotaExceededError', 'AssetRefusedError']);
});

forEachDatabase(
  'an upload without an id gets one, and an update changes nothing',
  async (_test, database) => {
    const { assets } = await testGrid(database);
    const robust = new AssetsRobust({ assets });
    const { data, ...description } = testAsset('content', { id: zeroUuid });
    const document = { ...description, fullId: zeroUuid, creatorId: undefined };
    const reply = await robust.handle(request('POST', '/assets/', writeAssetDocument({ ...document, data })));
    const id = parseUuid(readStringDocument(reply.body));
    assert.notEqual(id, zeroUuid);
    const other = writeAssetDocument({ ...document, fullId: id, id, data: bytesOf('other') });
    assert.match(textOf(await robust.handle(request('POST', `/assets/${id}`, other))), /<boolean>false</);
    assert.deepEqual(await assets.read(id), bytesOf('content'));
  },
);

forEachDatabase('deleting follows the policy', async (_test, database) => {
  const { assets } = await testGrid(database);
  const [tile, note] = [testAsset('tile', { flags: 1 }), testAsset('note')];
  await assets.create(tile, 'test');
  await assets.create(note, 'test');
  const none = new AssetsRobust({ assets });
  const maptiles = new AssetsRobust({ assets, deletable: 'maptiles' });
  const all = new AssetsRobust({ assets, deletable: 'all' });
  const steps: [AssetsRobust, string, boolean][] = [
    [none, tile.id, false],
    [maptiles, note.id, false],
    [maptiles, tile.id, true],
    [maptiles, tile.id, false],
    [all, note.id, true],
    [all, 'not-a-uuid', false],
  ];
  assert.equal((await all.handle(request('GET', `/assets/${note.id}`))).status, 200);
  for (const [robust, id, expected] of steps) {
    const reply = await robust.handle(request('DELETE', `/assets/${id}`));
    assert.equal(reply.status, 200);
    assert.match(textOf(reply), new RegExp(`<boolean>${expected}</boolean>$`));
  }
  assert.equal((await all.handle(request('GET', `/assets/${note.id}`))).status, 404);
});

forEachDatabase('a question about thousands of ids keeps order and length', async (_test, database) => {
  const { assets } = await testGrid(database);
  const robust = new AssetsRobust({ assets });
  const known = testAsset('content');
  await assets.create(known, 'test');
  const ids = Array.from({ length: 3000 }, (_, index) =>
    index % 7 === 0 ? known.id.toUpperCase() : randomUuid(),
  );
  ids.push('nonsense');
  const reply = await robust.handle(request('POST', '/get_assets_exist', writeStringsDocument(ids)));
  const answers = [...textOf(reply).matchAll(/<boolean>(true|false)</g)].map((match) => match[1] === 'true');
  assert.deepEqual(
    answers,
    ids.map((_, index) => index < 3000 && index % 7 === 0),
  );
});
