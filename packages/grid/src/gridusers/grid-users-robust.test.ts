import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readReply } from '@gridkeep/wire/robust/reply';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { zeroVector } from '@gridkeep/wire/vector';
import { formClient, handlerIn, textDocument } from '../test-support/form-client.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { dateText, gridUsersRobust } from './grid-users-robust.ts';
import { GridUsers } from './grid-users.ts';

const success = textDocument('result', 'Success');
const failure = textDocument('result', 'Failure');
const ada = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201');
const plaza = parseUuid('7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01');

test('moments are written as .NET does', () => {
  assert.equal(dateText(0), '1/1/1970 12:00:00 AM');
  assert.equal(dateText(Date.UTC(2026, 10, 22, 17, 8, 56)), '11/22/2026 5:08:56 PM');
  assert.equal(dateText(Date.UTC(2026, 0, 2, 12, 0, 9)), '1/2/2026 12:00:09 PM');
  assert.equal(dateText(Date.UTC(2026, 0, 2, 0, 59, 59, 999)), '1/2/2026 12:59:59 AM');
});

const calls = [
  ...['02-bots-login-logout', '10-client-login', '10-client-logout', '10-login-with-offline-im', '11-land'],
  ...['12-build-many', '23-rez-large-object', '24-teleport-between-simulators', '24-teleport-back'],
  ...['51-hypergrid-teleport-out', '51-hypergrid-abroad', '51-hypergrid-return', '51-hypergrid-logout'],
];

forEachDatabase('recorded calls are answered byte for byte', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const { gridUsers } = await testGrid(database);
  const ask = formClient(gridUsersRobust(gridUsers, strictLog), 'griduser');
  for (const service of ['grid2-private', 'robust-private'])
    for (const file of calls) {
      const hasService = file.startsWith('51') && file !== '51-hypergrid-logout';
      if (service === 'grid2-private' && !hasService) continue;
      if (service === 'robust-private' && file === '51-hypergrid-abroad') continue;
      for (const { sent, received, line } of recordedTexts(file, '/griduser', service))
        assert.equal(await ask(sent), received, `${file} ${line}`);
    }
});

forEachDatabase('a recorded user is told byte for byte', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  await testGrid(database);
  let now = Date.UTC(2026, 10, 22, 17, 2, 10);
  const users = new GridUsers(database, () => now);
  await users.loggedOut(ada, plaza, zeroVector, zeroVector);
  now = Date.UTC(2026, 10, 22, 17, 8, 56);
  await users.loggedIn(ada);
  await users.setPosition(ada, plaza, { x: 128, y: 128, z: 26.03385 }, zeroVector);
  const ask = formClient(gridUsersRobust(users, strictLog), 'griduser');
  for (const { sent, received, line } of recordedTexts('10-search-map-names', '/griduser'))
    assert.equal(await ask(sent), received, `${line}`);
});

forEachDatabase('calls that no recording holds', async (_test, database) => {
  const { gridUsers } = await testGrid(database);
  const ask = formClient(gridUsersRobust(gridUsers, strictLog), 'griduser');
  const id = randomUuid();
  const visitor = `${randomUuid()};http://other.example:8002;Ada Far`;
  const told = readReply(await ask({ METHOD: 'loggedin', UserID: id })).get('result');
  assert.ok(told instanceof Map);
  assert.equal(told.get('Online'), 'True');
  assert.equal(told.get('Logout'), '1/1/1970 12:00:00 AM');
  assert.equal(await ask({ METHOD: 'loggedout', UserID: visitor, RegionID: plaza }), success);
  const kept = await gridUsers.find(visitor);
  assert.deepEqual(kept?.lastPosition, { x: 128, y: 128, z: 70 });
  const infos = { METHOD: 'getgriduserinfos', AgentIDs: [id, randomUuid(), 'x', visitor.slice(0, 36)] };
  const listed = readReply(await ask(infos));
  assert.deepEqual([...listed.keys()], ['griduser0', 'griduser1']);
  const second = listed.get('griduser1');
  assert.ok(second instanceof Map);
  assert.equal(second.get('UserID'), visitor);
  const empty = '<?xml version="1.0"?><ServerResponse />';
  assert.equal(await ask({ METHOD: 'getgriduserinfos', AgentIDs: [randomUuid()] }), empty);
  for (const form of [
    { METHOD: 'getgriduserinfo', UserID: randomUuid() },
    { METHOD: 'getgriduserinfo', UserID: 'x' },
    { METHOD: 'getgriduserinfos', AgentIDs: id },
    { METHOD: 'getgriduserinfos' },
    { METHOD: 'loggedin' },
    { METHOD: 'sethome', UserID: id },
    { METHOD: 'sethome', UserID: id, RegionID: 'x' },
    { METHOD: 'loggedout', UserID: `${id};x`, RegionID: plaza },
  ])
    assert.equal(await ask(form), failure, JSON.stringify(form));
});

forEachDatabase('grid users answer whatever is sent', async (_test, database) => {
  const { gridUsers } = await testGrid(database);
  const id = randomUuid();
  await gridUsers.loggedIn(id);
  await answersGarbage({
    path: '/griduser',
    handler: handlerIn(gridUsersRobust(gridUsers, strictLog), 'griduser'),
    methods: [...['loggedin', 'loggedout', 'sethome', 'setposition', 'getgriduserinfo', 'getgriduserinfos']],
    fields: ['UserID', 'RegionID', 'Position', 'LookAt', 'AgentIDs'],
    values: [id, `${id};http://a.example/;A B`],
  });
});
