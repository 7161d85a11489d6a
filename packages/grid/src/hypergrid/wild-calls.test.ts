import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import { freshLocation } from '@gridkeep/testing/databases';
import { randomUuid, tryParseUuid } from '@gridkeep/wire/uuid';
import type { XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { gridAuthority, isSameGrid, tryParseGridUrl } from '../grid-url.ts';
import { answersGarbage } from '../test-support/garbage-forms.ts';
import { handlerIn } from '../test-support/form-client.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { agentBodyBytesMax } from './agent-post.ts';
import { agentBody } from './test-support/agent-body.ts';
import { logIn, resident, startGrid } from './test-support/grid-on-wire.ts';
import type { GridOnWire } from './test-support/grid-on-wire.ts';
import {
  formatUserIdentifier,
  homeMax,
  tryParseUserIdentifier,
  userIdentifierMax,
} from './user-identifier.ts';

async function oneGrid(context: TestContext): Promise<GridOnWire> {
  const threads = new SqliteThreads();
  const database = await openDatabase(await freshLocation(context, 'sqlite'), threads);
  context.after(async () => {
    await database.close();
    await threads.close();
  });
  return startGrid(context, database, 'Plaza');
}

test('every method answers whatever it is called with', async (context) => {
  const grid = await oneGrid(context);
  const ada = await resident(grid, 'Ada');
  const { sessionId } = await logIn(grid, ada.id);
  const names = [
    ...['region_name', 'region_uuid', 'agent_id', 'agent_home_uri', 'sessionID', 'token', 'userID'],
    ...['targetUserID', 'externalName', 'first', 'last', 'online', 'friend_0', 'from_agent_id'],
    ...['to_agent_id', 'im_session_id', 'dialog', 'message', 'timestamp', 'binary_bucket'],
  ];
  const value: fc.Arbitrary<XmlRpcValue> = fc.oneof(
    fc.constantFrom(ada.id, sessionId, randomUuid(), grid.regionId, grid.url, 'Plaza', 'AA==', 'True', '\0'),
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(undefined),
    fc.array(fc.string(), { maxLength: 2 }),
    fc.uint8Array({ maxLength: 10 }),
  );
  const struct = fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string()),
    value,
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...grid.door.xmlRpc.keys()), struct, async (method, parameters) => {
      assert.ok((await grid.ask(method, parameters)) instanceof Map);
    }),
    { numRuns: 600 },
  );
});

test('travellers’ bodies of any kind are answered', async (context) => {
  const grid = await oneGrid(context);
  const ada = await resident(grid, 'Ada');
  const body = agentBody(ada, await logIn(grid, ada.id), grid.url, { url: 'x', regionId: grid.regionId });
  const whole = JSON.stringify(body);
  const member: fc.Arbitrary<unknown> = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(grid.url, ada.id),
  );
  const changed = fc
    .dictionary(fc.constantFrom(...Object.keys(body), 'context', 'source_name', '__proto__'), member, {
      maxKeys: 4,
    })
    .map((changes) => JSON.stringify({ ...body, ...changes }));
  const cut = fc.nat({ max: whole.length }).map((length) => whole.slice(0, length));
  const bodies = fc.oneof(
    fc.oneof(changed, cut, fc.json()).map((text) => new Uint8Array(Buffer.from(text, 'utf8'))),
    changed.map((text) => new Uint8Array(gzipSync(text))),
    changed.map((text) => new Uint8Array(gzipSync(text).subarray(0, 100))),
    fc.uint8Array({ maxLength: 300 }),
  );
  const paths = fc.constantFrom(`/${ada.id}/`, `/${ada.id}`, '/', '', '/x/', `/${randomUuid()}/`);
  const service = fc.constantFrom('foreignagent', 'homeagent');
  await fc.assert(
    fc.asyncProperty(service, paths, bodies, async (name, path, bytes) => {
      const reply = await handlerIn(grid.door.routes, name)(robustRequest('POST', `/${name}${path}`, bytes));
      assert.equal(reply.status, 200);
      assert.equal(typeof JSON.parse(bodyText(reply)), 'object');
      assert.equal(reply.headers?.['Connection'], 'close');
    }),
    { numRuns: 400 },
  );
  for (const bomb of [
    gzipSync(Buffer.alloc(agentBodyBytesMax + 1, 0x20)),
    Buffer.from('['.repeat(100_000)),
    Buffer.from(`{"agent_id":"${ada.id}","x":${'{"y":'.repeat(5000)}1${'}'.repeat(5000)}}`),
  ]) {
    const reply = await handlerIn(
      grid.door.routes,
      'homeagent',
    )(robustRequest('POST', `/homeagent/${ada.id}/`, new Uint8Array(bomb)));
    assert.match(bodyText(reply), /Bad request/);
  }
});

test('friends of other grids: any form is answered', async (context) => {
  const grid = await oneGrid(context);
  const ada = await resident(grid, 'Ada');
  const { sessionId } = await logIn(grid, ada.id);
  await answersGarbage({
    path: '/hgfriends',
    handler: handlerIn(grid.door.routes, 'hgfriends'),
    methods: [
      ...['getfriendperms', 'newfriendship', 'deletefriendship', 'friendship_offered'],
      ...['validate_friendship_offered', 'statusnotification'],
    ],
    fields: [
      ...['PRINCIPALID', 'FRIENDID', 'KEY', 'SESSIONID', 'PrincipalID', 'Friend', 'SECRET', 'FromID', 'ToID'],
      ...['FromName', 'Message', 'userID', 'online', 'friend_0', 'friend_1'],
    ],
    values: [ada.id, sessionId, `${randomUuid()};http://127.0.0.1:1/;A B;secret`],
  });
  await grid.services.hypergrid.friends.settled();
});

test('identifiers that are written are read back', () => {
  const name = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(fc.uuid(), fc.webUrl({ size: 'small' }), name, name, (idText, url, firstName, lastName) => {
      const [id, home] = [tryParseUuid(idText), tryParseGridUrl(url)];
      if (id === undefined || home === undefined || home.length > homeMax) return;
      const text = formatUserIdentifier({ id, home, firstName, lastName }, '12345678');
      assert.ok(text.length <= userIdentifierMax);
      const read = tryParseUserIdentifier(text);
      assert.deepEqual([read?.id, read?.home, read?.secret], [id, home, '12345678']);
    }),
  );
  fc.assert(fc.property(name, (text) => void tryParseUserIdentifier(text)));
});

test('addresses of grids: one spelling for all, none for what is no address', () => {
  for (const spelling of [
    'http://Grid.Example',
    'grid.example:80',
    ' http://grid.example:80/ ',
    'GRID.example',
  ])
    assert.ok(isSameGrid(spelling, 'http://grid.example/'), spelling);
  assert.ok(!isSameGrid('https://grid.example/', 'http://grid.example/'));
  for (const bad of [
    '',
    'ftp://x/',
    'javascript:alert(1)',
    'http://a b/',
    'http://u:p@x/',
    'http://',
    'file:///etc/passwd',
  ])
    assert.equal(tryParseGridUrl(bad), undefined, bad);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void gridAuthority(text)));
});
