import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { forEachDatabase, onPostgres } from '@gridkeep/testing/databases';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { Settings } from '../settings/settings.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { Presence } from './presence.ts';
import type { NewSession } from './session.ts';

function newSession(userId: Uuid = randomUuid()): NewSession {
  return { userId, sessionId: randomUuid(), secureSessionId: randomUuid() };
}

async function foundOn(presence: Presence, { sessionId }: NewSession): Promise<Uuid | undefined> {
  return (await presence.find(sessionId))?.regionId;
}

forEachDatabase('a session lives from login to logout', async (_test, database) => {
  const { presence } = await testGrid(database);
  const ada = newSession();
  const region = randomUuid();
  assert.equal(await presence.find(ada.sessionId), undefined);
  assert.equal(await presence.login(ada), true);
  const found = await presence.find(ada.sessionId);
  assert.deepEqual(found, { ...ada, regionId: zeroUuid, lastSeen: found?.lastSeen });
  assert.equal(presence.find(ada.sessionId), found, 'from memory');
  assert.equal(await presence.report(ada.sessionId, region), true);
  assert.equal(await foundOn(presence, ada), region);
  assert.equal(await presence.report(ada.sessionId, zeroUuid), false);
  assert.equal(await presence.report(randomUuid(), region), false);
  assert.equal(await presence.logout(ada.sessionId), true);
  assert.equal(await presence.find(ada.sessionId), undefined);
  assert.equal(await presence.logout(ada.sessionId), false);
  assert.equal(await presence.count(), 0);
});

forEachDatabase('a user has one session, and several where the grid allows it', async (_test, database) => {
  const { presence, settings } = await testGrid(database);
  const userId = randomUuid();
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => newSession(userId));
  assert.ok(first && second && third && fourth);
  await presence.login(first);
  assert.ok(await presence.find(first.sessionId));
  await presence.login(second);
  assert.equal(await presence.find(first.sessionId), undefined);
  await settings.write('allowDuplicateSessions', 'true');
  await presence.login(third);
  assert.equal(await presence.login(second), true, 'again, in a place of its own now');
  assert.equal(await presence.count(), 2);
  await presence.report(third.sessionId, randomUuid());
  assert.equal((await presence.ofUsers([userId])).length, 1);
  await settings.write('allowDuplicateSessions', 'false');
  assert.ok(await presence.find(third.sessionId));
  await presence.login(fourth);
  for (const { sessionId } of [second, third]) assert.equal(await presence.find(sessionId), undefined);
  assert.deepEqual(
    (await presence.ofUsers([randomUuid(), userId])).map((session) => session.sessionId),
    [fourth.sessionId],
  );
});

forEachDatabase('nobody takes the session of somebody else', async (_test, database) => {
  const { presence, settings } = await testGrid(database);
  const ada = newSession();
  const thief = { ...ada, userId: randomUuid() };
  for (const several of ['false', 'true']) {
    await settings.write('allowDuplicateSessions', several);
    assert.equal(await presence.login(ada), true);
    assert.equal(await presence.login(thief), false);
    assert.equal((await presence.find(ada.sessionId))?.userId, ada.userId);
  }
});

forEachDatabase('many logins of one user at once leave one session', async (_test, database) => {
  const { presence } = await testGrid(database);
  const userId = randomUuid();
  const sessions = Array.from({ length: 20 }, () => newSession(userId));
  await Promise.all(sessions.map((session) => presence.login(session)));
  const alive = await Promise.all(sessions.map(async ({ sessionId }) => presence.find(sessionId)));
  assert.equal(alive.filter((session) => session !== undefined).length, 1);
});

forEachDatabase('a region ends the sessions in it', async (_test, database) => {
  const { presence } = await testGrid(database);
  const region = randomUuid();
  const [here, there, nowhere] = [newSession(), newSession(), newSession()];
  for (const session of [here, there, nowhere]) await presence.login(session);
  await presence.report(here.sessionId, region);
  await presence.report(there.sessionId, randomUuid());
  assert.ok(await presence.find(here.sessionId));
  assert.equal(await presence.logoutRegion(zeroUuid), 0);
  assert.equal(await presence.logoutRegion(region), 1);
  assert.equal(await presence.logoutRegion(region), 0);
  assert.equal(await presence.find(here.sessionId), undefined);
  assert.equal(await presence.count(), 2);
});

forEachDatabase('sessions that nobody will end are ended', async (_test, database) => {
  await testGrid(database);
  const minute = 60_000;
  let now = 1_700_000_000_000;
  const presence = new Presence({ database, settings: new Settings(database), now: () => now });
  const [alive, dead] = [randomUuid(), randomUuid()];
  const isOnline = (id: Uuid) => id === alive;
  const [arrived, lost, onItsWay] = [newSession(), newSession(), newSession()];
  for (const session of [arrived, lost, onItsWay]) await presence.login(session);
  await presence.report(arrived.sessionId, alive);
  await presence.report(lost.sessionId, dead);
  const nothing = { neverArrived: [], regionLost: [], unseen: [] };
  assert.deepEqual(await presence.cleanStale(isOnline), nothing);
  now += 16 * minute;
  const fresh = newSession();
  await presence.login(fresh);
  const idsOf = ({ userId, sessionId }: NewSession) => ({ userId, sessionId });
  assert.deepEqual(await presence.cleanStale(isOnline), {
    neverArrived: [idsOf(onItsWay)],
    regionLost: [idsOf(lost)],
    unseen: [],
  });
  assert.ok(await presence.find(arrived.sessionId));
  assert.ok(await presence.find(fresh.sessionId));
  await presence.report(fresh.sessionId, alive);
  now += 29 * 24 * 60 * minute;
  assert.deepEqual(await presence.cleanStale(isOnline), nothing);
  now += 2 * 24 * 60 * minute;
  assert.equal((await presence.cleanStale(isOnline)).unseen.length, 2);
});

onPostgres('processes hear of each other', async (_test, database, location) => {
  const { presence: one, settings } = await testGrid(database);
  const second = await openDatabase(location);
  try {
    const other = new Presence({ database: second, settings });
    const ada = newSession();
    await one.login(ada);
    assert.equal(await foundOn(other, ada), zeroUuid, 'at once');
    await until(async () => (await other.find(ada.sessionId)) === other.find(ada.sessionId));
    const region = randomUuid();
    await one.report(ada.sessionId, region);
    await until(async () => (await foundOn(other, ada)) === region);
    const again = newSession(ada.userId);
    await one.login(again);
    await until(async () => (await other.find(ada.sessionId)) === undefined);
    assert.equal(await foundOn(other, again), zeroUuid);
    await one.logout(again.sessionId);
    await until(async () => (await other.find(again.sessionId)) === undefined);
  } finally {
    await second.close();
  }
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(10);
}
