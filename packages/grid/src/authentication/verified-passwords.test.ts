import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import { hash } from '@node-rs/argon2';
import { testGrid } from '../test-support/test-grid.ts';
import { BusyError } from '../work-gate.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

test('only the very same is known, for twelve hours', () => {
  let now = 1_000;
  const verified = new VerifiedPasswords(() => now);
  const [account, other] = [randomUuid(), randomUuid()];
  assert.equal(verified.knows(account, 'digest', 'stored'), false);
  verified.remember(account, 'digest', 'stored');
  assert.equal(verified.knows(account, 'digest', 'stored'), true);
  assert.equal(verified.knows(other, 'digest', 'stored'), false);
  assert.equal(verified.knows(account, 'digesT', 'stored'), false);
  assert.equal(verified.knows(account, 'digest', 'Stored'), false);
  assert.equal(new VerifiedPasswords().knows(account, 'digest', 'stored'), false);
  now += 12 * 3_600_000 - 1;
  assert.equal(verified.knows(account, 'digest', 'stored'), true, 'being asked makes it no older');
  now += 2;
  assert.equal(verified.knows(account, 'digest', 'stored'), false);
  verified.remember(account, 'digest', 'stored');
  verified.forget(account);
  assert.equal(verified.knows(account, 'digest', 'stored'), false);
});

forEachDatabase('a right password is answered from memory until it changes', async (_test, database) => {
  const { authentication } = await testGrid(database);
  const account = randomUuid();
  const [md5, other] = ['0'.repeat(32), '1'.repeat(32)];
  await authentication.setPasswordMd5(account, md5);
  for (let round = 0; !database.hearsOthers && round < 1000; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await authentication.verifyMd5(account, other), false);
  assert.equal(await authentication.verifyMd5(account, md5), true);
  assert.equal(authentication.verifyMd5(account, md5), true, 'without a promise');
  assert.equal(await authentication.verifyMd5(account, other), false);
  await authentication.setPasswordMd5(account, other);
  assert.equal(await authentication.verifyMd5(account, md5), false);
  assert.equal(await authentication.verifyMd5(account, other), true);
  await authentication.removePassword(account);
  assert.equal(await authentication.verifyMd5(account, other), false);
  // What was stored under other settings stays good.
  await authentication.store(account, await hash(md5, { memoryCost: 19_456, timeCost: 2, parallelism: 1 }));
  assert.equal(await authentication.verifyMd5(account, md5), true);
});

forEachDatabase(
  'a flood of guesses is cut off, and the right password still gets in',
  async (_test, database) => {
    const { authentication } = await testGrid(database);
    const account = randomUuid();
    await authentication.setPasswordMd5(account, '0'.repeat(32));
    await authentication.verifyMd5(account, '0'.repeat(32));
    const guesses = Array.from({ length: 400 }, async () =>
      authentication.verifyMd5(account, '1'.repeat(32)),
    );
    assert.equal(await authentication.verifyMd5(account, '0'.repeat(32)), true);
    const outcomes = await Promise.allSettled(guesses);
    const cut = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.ok(cut.length > 0 && cut.length < guesses.length);
    assert.ok(cut.every((outcome) => outcome.reason instanceof BusyError));
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' || !outcome.value));
  },
);
