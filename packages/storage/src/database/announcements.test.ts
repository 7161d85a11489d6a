import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forEachDatabase, freshLocation, sharedPostgres } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import fc from 'fast-check';
import { sql } from 'kysely';
import { changeChannel, changeMessages, readChangeMessage, topicsMax } from './change-messages.ts';
import type { Database } from './database.ts';
import { TransactionStateError } from './database-errors.ts';
import { openDatabase } from './open-database.ts';

const skip = missing('postgres');
const patienceMs = 20_000;

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + patienceMs; !condition(); await sleep(5))
    assert.ok(Date.now() < end, 'what was waited for did not happen');
}

/** All that a database is told, from now on. */
function heard(database: Database): (string | undefined)[] {
  const topics: (string | undefined)[] = [];
  database.onChange((topic) => topics.push(topic));
  return topics;
}

async function openTwo(context: TestContext): Promise<{ first: Database; second: Database }> {
  const location = await freshLocation(context, 'postgres');
  return { first: await openDatabase(location), second: await openDatabase(location) };
}

async function endListeners(database: Database): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'gridkeep listener'`.execute(database.tables<unknown>());
}

forEachDatabase('announcements reach own listeners, once, when they are true', async (_test, database) => {
  const topics = heard(database);
  await until(() => database.hearsOthers);
  topics.length = 0;
  database.announce('thing:0');
  assert.deepEqual(topics, ['thing:0']);
  await database.transaction(async (queries) => {
    queries.announce('thing:1');
    queries.announce('thing:1');
    queries.announce('thing:2');
    assert.throws(() => database.announce('thing:3'), TransactionStateError);
    assert.deepEqual(topics, ['thing:0']);
    await Promise.resolve();
  });
  assert.deepEqual(topics, ['thing:0', 'thing:1', 'thing:2']);
  const failure = new Error('no');
  await assert.rejects(
    database.transaction((queries) => {
      queries.announce('thing:4');
      return Promise.reject(failure);
    }),
    failure,
  );
  for (const bad of ['', 'a b', 'ä', 'a\nb', 'x'.repeat(201)])
    assert.throws(() => database.announce(bad), RangeError);
  // Time for what might come back from the server.
  await sleep(50);
  assert.deepEqual(topics, ['thing:0', 'thing:1', 'thing:2']);
});

forEachDatabase('an end of listening is an end', async (_test, database) => {
  const topics: unknown[] = [];
  const end = database.onChange((topic) => topics.push(topic));
  await until(() => database.hearsOthers);
  end();
  topics.length = 0;
  database.announce('thing:1');
  assert.deepEqual(topics, []);
});

test('announcements reach others on the same schema and nobody else', { skip }, async (context) => {
  const { first, second } = await openTwo(context);
  const { first: stranger, second: deaf } = await openTwo(context);
  const [topics, strange] = [heard(second), heard(stranger)];
  await until(() => second.hearsOthers && stranger.hearsOthers);
  assert.deepEqual([topics, strange], [[undefined], [undefined]]);
  assert.equal(first.hearsOthers, false, 'nobody listens there');
  assert.equal(deaf.hearsOthers, false);
  first.announce('a:1');
  first.announce('a:2');
  await until(() => topics.length === 3);
  await first.transaction((queries) => {
    for (let n = 0; n < 500; n += 1) queries.announce(`b:${n}:${'x'.repeat(100)}`);
    return Promise.resolve();
  });
  await until(() => topics.length === 503);
  assert.deepEqual(topics.slice(1, 4), ['a:1', 'a:2', `b:0:${'x'.repeat(100)}`]);
  await first.transaction((queries) => {
    for (let n = 0; n <= topicsMax; n += 1) queries.announce(`c:${n}`);
    return Promise.resolve();
  });
  await until(() => topics.length === 504);
  assert.equal(topics.at(-1), undefined, 'so many are told as everything');
  assert.deepEqual(strange, [undefined]);
  await Promise.all([first, second, stranger, deaf].map((database) => database.close()));
});

test('what is announced before a close is told', { skip }, async (context) => {
  const { first, second } = await openTwo(context);
  const topics = heard(second);
  await until(() => second.hearsOthers);
  first.announce('a:1');
  await first.close();
  await until(() => topics.length === 2);
  assert.deepEqual(topics, [undefined, 'a:1']);
  await second.close();
});

test('a listener whose connection is killed says so, and listens again', { skip }, async (context) => {
  const { first, second } = await openTwo(context);
  const states: boolean[] = [];
  second.onChange((topic) => {
    if (topic === undefined) states.push(second.hearsOthers);
  });
  const topics = heard(second);
  await until(() => second.hearsOthers);
  for (let round = 1; round <= 3; round += 1) {
    const told = states.length;
    await endListeners(first);
    await until(() => states.length === told + 2);
    assert.deepEqual(states.slice(told), [false, true]);
    first.announce(`again:${round}`);
    await until(() => topics.includes(`again:${round}`));
  }
  await (await sharedPostgres()).restart();
  await until(() => !second.hearsOthers || states.length > 7);
  await until(() => second.hearsOthers);
  first.announce('after:restart');
  await until(() => topics.includes('after:restart'));
  await Promise.all([first.close(), second.close()]);
  assert.equal(second.hearsOthers, false);
});

test('a database closes while it still tries to listen', { skip }, async (context) => {
  const location = await freshLocation(context, 'postgres');
  for (let round = 0; round < 5; round += 1) {
    const database = await openDatabase(location);
    database.onChange(() => undefined);
    if (round % 2 === 1) await sleep(round);
    await database.close();
    assert.equal(database.hearsOthers, false);
  }
});

test('topics survive their messages', () => {
  const topic = fc.stringMatching(/^[!-~]{1,200}$/);
  fc.assert(
    fc.property(fc.uniqueArray(topic, { maxLength: 200 }), (topics) => {
      const messages = changeMessages('origin', new Set(topics));
      assert.ok(messages.every((message) => message.length < 8000));
      assert.deepEqual(
        messages.flatMap((message) => readChangeMessage(message).topics),
        topics,
      );
      assert.ok(messages.every((message) => readChangeMessage(message).topics.length > 0));
    }),
  );
  assert.deepEqual(readChangeMessage('origin with ä'), { origin: 'origin', topics: [] });
  assert.match(changeChannel('x'.repeat(63)), /^[a-z_0-9]{1,63}$/);
});
