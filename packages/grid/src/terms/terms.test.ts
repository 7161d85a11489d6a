import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { forEachDatabase, freshLocation } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { randomUuid } from '@gridkeep/wire/uuid';
import { collect } from '../test-support/test-grid.ts';
import { Terms, TermsRefusedError, isTermsAddress, termsTextMax } from './terms.ts';
import { termsMigrations } from './terms-store.ts';

forEachDatabase('without terms nobody has to accept any', async (_, database) => {
  await database.migrate(termsMigrations);
  const terms = new Terms(database);
  assert.equal(await terms.current(), undefined);
  assert.equal(await terms.missing(randomUuid()), undefined);
  assert.deepEqual(await terms.versions(), []);
});

forEachDatabase('every new version has to be accepted again', async (_, database) => {
  await database.migrate(termsMigrations);
  const terms = new Terms(database);
  const [ada, ben] = [randomUuid(), randomUuid()];
  assert.equal(await terms.missing(ada), undefined);
  await terms.publish(' Be kind.\n');
  assert.equal((await terms.missing(ada))?.text, 'Be kind.');
  await terms.accept(ada, 1, '192.0.2.1');
  assert.equal(await terms.missing(ada), undefined);
  assert.equal((await terms.missing(ben))?.version, 1);
  await terms.publish('https://grid.example.org/terms');
  assert.equal((await terms.missing(ada))?.version, 2);
  await terms.accept(ada, 2, '192.0.2.2');
  await terms.accept(ada, 2, '192.0.2.3');
  assert.deepEqual(
    (await terms.versions()).map(({ version, acceptances }) => [version, acceptances]),
    [
      [1, 1],
      [2, 1],
    ],
  );
  const [acceptance] = await collect(terms.acceptances(2));
  assert.deepEqual([acceptance?.accountId, acceptance?.address], [ada, '192.0.2.2']);
});

forEachDatabase('what cannot be shown, or says nothing new, is not published', async (_, database) => {
  await database.migrate(termsMigrations);
  const terms = new Terms(database);
  for (const text of ['', ' \n', 'bell \x07', 'x'.repeat(termsTextMax + 1)])
    await assert.rejects(terms.publish(text), TermsRefusedError);
  await terms.publish('Be kind.');
  await assert.rejects(terms.publish('Be kind. '), /same text/);
});

test(
  'another process hears of new terms and of who accepted',
  { skip: missing('postgres') },
  async (context) => {
    const location = await freshLocation(context, 'postgres');
    const [database, other] = [await openDatabase(location), await openDatabase(location)];
    try {
      await database.migrate(termsMigrations);
      const [here, there] = [new Terms(database), new Terms(other)];
      const ada = randomUuid();
      const heard = async (version: number | undefined) => {
        for (let tries = 0; tries < 200 && (await there.missing(ada))?.version !== version; tries++)
          await new Promise((resolve) => setTimeout(resolve, 10));
        assert.equal((await there.missing(ada))?.version, version);
      };
      await heard(undefined);
      await here.publish('Be kind.');
      await heard(1);
      await here.accept(ada, 1, '192.0.2.1');
      await heard(undefined);
    } finally {
      await database.close();
      await other.close();
    }
  },
);

test('an address is told from a text', () => {
  assert.equal(isTermsAddress('https://grid.example.org/terms?x=1'), true);
  assert.equal(isTermsAddress('https://grid.example.org/terms is where'), false);
  assert.equal(isTermsAddress('Be kind.'), false);
});
