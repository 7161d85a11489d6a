import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { testGrid } from '../test-support/test-grid.ts';
import { OfflineMessages, offlineBucketMax, offlineMessageMax } from './offline-messages.ts';
import type { OfflineMessage } from './offline-message.ts';

function message(toId: Uuid, text: string, changes: Partial<OfflineMessage> = {}): OfflineMessage {
  return {
    ...{ toId, fromId: randomUuid(), fromName: 'Ada Viewer', fromGroup: false, dialog: 0, offline: 1 },
    ...{ sessionId: zeroUuid, message: text, binaryBucket: '07 F2\n4B', estateId: 4_294_967_295 },
    ...{ regionId: randomUuid(), position: { x: 1, y: 2.5, z: -3 }, timestamp: 1_795_367_527 },
    ...changes,
  };
}

const day = 24 * 3_600_000;

forEachDatabase('messages are given out in their order, once', async (_test, database) => {
  const { offlineMessages } = await testGrid(database);
  const ben = randomUuid();
  const sent = Array.from({ length: 12 }, (_, index) => message(ben, `message ${index}`));
  for (const one of sent) assert.equal(await offlineMessages.store(one), 'stored');
  await offlineMessages.store(message(randomUuid(), 'for somebody else'));
  const [first, second] = await Promise.all([offlineMessages.take(ben), offlineMessages.take(ben)]);
  const all = first.messages.length > 0 ? first.messages : second.messages;
  assert.deepEqual(all, sent);
  assert.equal(first.messages.length + second.messages.length, 12);
  await first.delivered();
  await second.delivered();
  assert.deepEqual((await offlineMessages.take(ben)).messages, []);
});

forEachDatabase('messages that did not get there come again', async (_test, database) => {
  const { settings } = await testGrid(database);
  let now = 1_700_000_000_000;
  const messages = new OfflineMessages({ database, settings, now: () => now });
  const ben = randomUuid();
  const text = async () => {
    const taken = await messages.take(ben);
    return { texts: taken.messages.map((one) => one.message), delivered: taken.delivered };
  };
  await messages.store(message(ben, 'one'));
  assert.deepEqual((await text()).texts, ['one']);
  now += 60_000;
  await messages.store(message(ben, 'two'));
  assert.deepEqual((await text()).texts, ['two'], 'the first may still be on its way');
  now += 70_000;
  assert.deepEqual((await text()).texts, ['one']);
  now += 121_000;
  const { texts, delivered } = await text();
  assert.deepEqual(texts, ['one', 'two']);
  await delivered();
  now += day;
  assert.deepEqual((await text()).texts, []);
});

forEachDatabase('a recipient has no more messages than the grid allows', async (_test, database) => {
  const { offlineMessages, settings } = await testGrid(database);
  await settings.write('offlineMessagesMax', '2');
  const ben = randomUuid();
  for (const expected of ['stored', 'stored', { refused: 'Number of offline IMs has maxed out' }])
    assert.deepEqual(await offlineMessages.store(message(ben, 'x')), expected);
  assert.equal(await offlineMessages.store(message(randomUuid(), 'x')), 'stored');
});

forEachDatabase('what a simulator could not read again is refused', async (_test, database) => {
  const { offlineMessages } = await testGrid(database);
  const ben = randomUuid();
  for (const bad of [
    { dialog: 256 },
    { dialog: 0.5 },
    { offline: -1 },
    { estateId: 2 ** 32 },
    { timestamp: NaN },
    { position: { x: Infinity, y: 0, z: 0 } },
    { message: 'x'.repeat(offlineMessageMax + 1) },
    { binaryBucket: '0'.repeat(offlineBucketMax + 1) },
  ]) {
    const result = await offlineMessages.store(message(ben, 'x', bad));
    assert.ok(result !== 'stored' && result.refused !== '', JSON.stringify(bad));
  }
  await offlineMessages.store(message(ben, 'a\0b', { fromName: 'x'.repeat(300) }));
  const [kept] = (await offlineMessages.take(ben)).messages;
  assert.equal(kept?.message, 'ab');
  assert.equal(kept.fromName.length, 255);
});

forEachDatabase('messages of a user and old ones are deleted', async (_test, database) => {
  const { settings } = await testGrid(database);
  let now = 1_700_000_000_000;
  const messages = new OfflineMessages({ database, settings, now: () => now });
  const [ada, ben, cy] = [randomUuid(), randomUuid(), randomUuid()];
  await messages.store(message(ben, 'from ada', { fromId: ada }));
  await messages.store(message(ada, 'to ada', { fromId: ben }));
  await messages.store(message(ben, 'from cy', { fromId: cy }));
  assert.equal(await messages.deleteOf(ada), 2);
  now += 10 * day;
  await messages.store(message(ben, 'later'));
  assert.equal(await messages.cleanOld(), 0);
  now += 5 * day;
  assert.equal(await messages.cleanOld(), 1);
  assert.deepEqual(
    (await messages.take(ben)).messages.map((one) => one.message),
    ['later'],
  );
});
