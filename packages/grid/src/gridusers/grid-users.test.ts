import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { zeroVector } from '@gridkeep/wire/vector';
import { testGrid } from '../test-support/test-grid.ts';
import { UserTextError } from '../user-text.ts';
import { GridUsers } from './grid-users.ts';

const here = { x: 1, y: 2.5, z: 3 };
const north = { x: 0, y: 1, z: 0 };

forEachDatabase('what is known of a resident grows', async (_test, database) => {
  await testGrid(database);
  let now = 1_700_000_000_000;
  const users = new GridUsers(database, () => now);
  const id = randomUuid();
  assert.equal(await users.find(id), undefined);
  const fresh = {
    userId: id,
    ...{ homeRegionId: zeroUuid, homePosition: zeroVector, homeLookAt: zeroVector },
    ...{ lastRegionId: zeroUuid, lastPosition: zeroVector, lastLookAt: zeroVector },
    ...{ online: true, login: now, logout: 0 },
  };
  assert.deepEqual(await users.loggedIn(id), fresh);
  const [home, last] = [randomUuid(), randomUuid()];
  await users.setHome(id.toUpperCase(), home, here, north);
  await users.setPosition(id, last, north, here);
  const settled = {
    ...fresh,
    ...{ homeRegionId: home, homePosition: here, homeLookAt: north },
    ...{ lastRegionId: last, lastPosition: north, lastLookAt: here },
  };
  assert.deepEqual(await users.find(id), settled);
  now += 5000;
  await users.loggedOut(id, home, here, here);
  const gone = {
    ...settled,
    ...{ online: false, logout: now, lastRegionId: home, lastPosition: here, lastLookAt: here },
  };
  assert.deepEqual(await users.find(id), gone);
  assert.deepEqual(await users.findMany([randomUuid(), id, id]), [gone]);
});

forEachDatabase('a visitor is found by id, whatever the spelling of home', async (_test, database) => {
  await testGrid(database);
  let now = 1_700_000_000_000;
  const users = new GridUsers(database, () => now);
  const id = randomUuid();
  const [slash, bare] = [
    `${id};http://other.example:8002/;Ada Far`,
    `${id};http://OTHER.example:8002;Ada Far`,
  ];
  await users.loggedIn(slash);
  const region = randomUuid();
  await users.setPosition(bare, region, here, north);
  const visitor = await users.find(id);
  assert.equal(visitor?.userId, bare);
  assert.equal(visitor.lastRegionId, region);
  assert.equal(visitor.online, true);
  now += 1000;
  const third = `${id};http://third.example/;Ada Far`;
  await users.loggedIn(third);
  assert.equal((await users.find(slash))?.userId, third, 'the latest of several');
  now += 1000;
  await users.loggedOut(slash, region, here, north);
  assert.equal((await users.find(id))?.userId, slash);
});

forEachDatabase('a visitor does not change what is known of a resident', async (_test, database) => {
  const { gridUsers } = await testGrid(database);
  const id = randomUuid();
  const home = randomUuid();
  await gridUsers.setHome(id, home, here, north);
  await gridUsers.loggedIn(id);
  await gridUsers.setHome(`${id};http://evil.example/;Not Ada`, randomUuid(), north, north);
  assert.equal((await gridUsers.find(id))?.homeRegionId, home);
});

forEachDatabase('text that names nobody is refused', async (_test, database) => {
  const { gridUsers } = await testGrid(database);
  const id = randomUuid();
  const long = `${id};http://a/;${'x'.repeat(300)}`;
  for (const text of [
    '',
    'Ada',
    id.slice(1),
    `${id}x`,
    `${id};`,
    `${id};no address;A B`,
    `${id};http://a/;A\0`,
    long,
  ])
    await assert.rejects(gridUsers.loggedIn(text), UserTextError, text);
});

forEachDatabase('users whose sessions ended are off-line, unless they came back', async (_test, database) => {
  await testGrid(database);
  let now = 1000;
  const users = new GridUsers(database, () => now);
  const [lost, back, away] = [randomUuid(), randomUuid(), randomUuid()];
  await users.loggedIn(lost);
  await users.loggedOut(away, zeroUuid, here, north);
  now = 5000;
  await users.loggedIn(back);
  now = 9000;
  await users.endOnline([lost, back, away, randomUuid()], 5000);
  const shown = (await users.findMany([lost, back, away])).map(({ online, logout }) => [online, logout]);
  assert.deepEqual(shown, [
    [false, 9000],
    [true, 0],
    [false, 1000],
  ]);
});
