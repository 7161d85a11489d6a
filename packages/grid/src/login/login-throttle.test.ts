import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { forEachDatabase, freshLocation } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { BusyError } from '../work-gate.ts';
import { LoginThrottle } from './login-throttle.ts';
import type { LoginAttempt } from './login-throttle.ts';
import { loginMigrations } from './throttle-store.ts';

const minute = 60_000;
const home = { name: 'ada lovelace', address: '192.0.2.7' };

/** A throttle with a clock that stands, and the delays it made. */
function throttled(database: Database) {
  const clock = { now: 1_800_000_000_000 };
  const delays: number[] = [];
  const throttle = new LoginThrottle({
    database,
    now: () => clock.now,
    delay: (ms) => Promise.resolve(delays.push(ms)),
  });
  const wrong = async (place = home, times = 1): Promise<LoginAttempt['outcome']> => {
    let last: LoginAttempt = { outcome: 'wrong' };
    for (let count = 0; count < times; count++) last = await throttle.attempt(place, () => false);
    return last.outcome;
  };
  const right = async (place = home): Promise<LoginAttempt> => {
    const attempt = await throttle.attempt(place, () => true);
    if (attempt.outcome === 'right') await throttle.remember(place);
    return attempt;
  };
  return { clock, delays, throttle, wrong, right };
}

forEachDatabase('ten failures refuse the account at that address, for 15 minutes', async (_, database) => {
  await database.migrate(loginMigrations);
  const { clock, throttle, wrong, right } = throttled(database);
  assert.equal(await wrong(home, 10), 'wrong');
  clock.now += 5 * minute;
  let asked = false;
  const refused = await throttle.attempt(home, () => (asked = true));
  assert.deepEqual(refused, { outcome: 'refused', retryMinutes: 10 });
  assert.equal(asked, false);
  // Attempts that are refused do not prolong it.
  await wrong(home, 20);
  assert.equal((await right({ ...home, address: '192.0.2.8' })).outcome, 'right');
  assert.equal((await right({ ...home, name: 'ben other' })).outcome, 'right');
  clock.now += 10 * minute + 1;
  assert.equal((await right()).outcome, 'right');
});

forEachDatabase('thousands of failures from elsewhere do not keep the owner out', async (_, database) => {
  await database.migrate(loginMigrations);
  const { delays, wrong, right } = throttled(database);
  assert.deepEqual(await right(), { outcome: 'right', placeIsNew: true });
  for (let count = 0; count < 300; count++)
    await wrong({ ...home, address: `198.51.${count >> 8}.${count & 255}` }, 10);
  delays.length = 0;
  // Where the owner is known nothing is different.
  assert.deepEqual(await right(), { outcome: 'right', placeIsNew: false });
  assert.deepEqual(delays, []);
  // From a new address it takes a moment longer, and not more.
  assert.deepEqual(await right({ ...home, address: '203.0.113.9' }), { outcome: 'right', placeIsNew: true });
  assert.deepEqual(delays, [3000]);
});

forEachDatabase('an address that tries many accounts is refused, not whom it knows', async (_, database) => {
  await database.migrate(loginMigrations);
  const { wrong, right } = throttled(database);
  await right();
  for (let count = 0; count < 60; count++) await wrong({ ...home, name: `guess ${count}` });
  assert.equal(await wrong({ ...home, name: 'guess 61' }), 'refused');
  assert.equal((await right({ ...home, name: 'somebody new' })).outcome, 'refused');
  assert.equal((await right()).outcome, 'right');
  assert.equal(await wrong(home, 30), 'wrong');
  assert.equal((await right()).outcome, 'refused');
});

forEachDatabase('an IPv6 subscriber is one address, and so is IPv4 in IPv6 form', async (_, database) => {
  await database.migrate(loginMigrations);
  const { wrong, right } = throttled(database);
  for (let count = 0; count < 10; count++) await wrong({ ...home, address: `2001:db8:1:2::${count}` });
  assert.equal((await right({ ...home, address: '2001:db8:1:2:ffff::1' })).outcome, 'refused');
  assert.equal((await right({ ...home, address: '2001:db8:1:3::1' })).outcome, 'right');
  await wrong(home, 10);
  assert.equal((await right({ ...home, address: `::ffff:${home.address}` })).outcome, 'refused');
});

forEachDatabase('many attempts at once are counted one after another', async (_, database) => {
  await database.migrate(loginMigrations);
  const { throttle } = throttled(database);
  let looked = 0;
  const attempts = Array.from({ length: 100 }, () =>
    throttle.attempt(home, () => {
      looked += 1;
      return false;
    }),
  );
  const results = await Promise.allSettled(attempts);
  assert.ok(looked <= 10);
  for (const result of results)
    if (result.status === 'rejected') assert.ok(result.reason instanceof BusyError);
});

test('two processes count together', { skip: missing('postgres') }, async (context) => {
  const location = await freshLocation(context, 'postgres');
  const [database, other] = [await openDatabase(location), await openDatabase(location)];
  try {
    await database.migrate(loginMigrations);
    const [here, there] = [throttled(database), throttled(other)];
    await Promise.all([here.wrong(home, 5), there.wrong(home, 5)]);
    assert.equal((await here.right()).outcome, 'refused');
    assert.equal((await there.right()).outcome, 'refused');
    assert.equal((await here.right({ ...home, address: '192.0.2.99' })).outcome, 'right');
    // What one process knows to be a known place the other knows too.
    assert.deepEqual(await there.right({ ...home, address: '192.0.2.99' }), {
      outcome: 'right',
      placeIsNew: false,
    });
  } finally {
    await database.close();
    await other.close();
  }
});

forEachDatabase('what is old goes', async (_, database) => {
  await database.migrate(loginMigrations);
  const { throttle, clock, wrong, right } = throttled(database);
  const rows = async () => {
    const counted = await database
      .tables<{ login_count: { key: Uint8Array } }>()
      .selectFrom('login_count')
      .select('key')
      .execute();
    return counted.length;
  };
  await wrong(home, 3);
  await right();
  assert.equal(await rows(), 4);
  clock.now += 61 * minute;
  await wrong({ name: 'ben other', address: '192.0.2.8' });
  assert.equal(await throttle.cleanOld(), 3);
  assert.equal(await rows(), 4);
  assert.deepEqual(await right(), { outcome: 'right', placeIsNew: false });
});
