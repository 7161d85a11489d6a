import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import { testGrid } from '../test-support/test-grid.ts';
import { AccountRefusedError } from './account-names.ts';
import { AccountExistsError, UnknownAccountError } from './accounts.ts';

forEachDatabase('an account is found by id, name and address', async (_test, database) => {
  const { accounts } = await testGrid(database);
  const ada = await accounts.create({ firstName: ' Ada ', lastName: 'Löwe', email: 'Ada@Example.org' });
  assert.deepEqual(ada, {
    id: ada.id,
    firstName: 'Ada',
    lastName: 'Löwe',
    email: 'Ada@Example.org',
    createdAt: ada.createdAt,
    level: 0,
    flags: 0,
    title: '',
    country: '',
    serviceUrls: new Map([
      ['HomeURI', ''],
      ['InventoryServerURI', ''],
      ['AssetServerURI', ''],
    ]),
    active: true,
  });
  for (const found of [
    await accounts.find(ada.id),
    await accounts.findNamed('ada', 'LÖWE'),
    await accounts.findNamed('Ada', 'Lo\u0308we'),
    await accounts.findByEmail('ada@example.ORG'),
    (await accounts.findMany([randomUuid(), ada.id])).get(ada.id),
  ])
    assert.deepEqual(found, ada);
  assert.equal(await accounts.find(randomUuid()), undefined);
  assert.equal(await accounts.findByEmail(''), undefined);
});

forEachDatabase('names are unique whatever their case', async (_test, database) => {
  const { accounts } = await testGrid(database);
  const ada = await accounts.create({ firstName: 'Ada', lastName: 'Resident' });
  await assert.rejects(accounts.create({ firstName: 'ADA', lastName: 'resident' }), AccountExistsError);
  await assert.rejects(
    accounts.create({ id: ada.id, firstName: 'Other', lastName: 'Resident' }),
    AccountExistsError,
  );
  const bo = await accounts.create({ firstName: 'Bo', lastName: 'Resident' });
  await assert.rejects(accounts.update(bo.id, { firstName: 'aDa' }), AccountExistsError);
  assert.equal((await accounts.update(ada.id, { firstName: 'ADA' })).firstName, 'ADA');
  const race = await Promise.allSettled(
    Array.from({ length: 8 }, () => accounts.create({ firstName: 'Twin', lastName: 'Resident' })),
  );
  assert.equal(race.filter((result) => result.status === 'fulfilled').length, 1);
  assert.equal(await accounts.count(), 3);
});

forEachDatabase('names and addresses that break logins or archives are refused', async (_test, database) => {
  const { accounts } = await testGrid(database);
  for (const name of ['', '  ', 'a b', 'a.b', 'a@b', 'a/b', 'a;b', 'a\nb', 'a\0b', '<b>', 'x'.repeat(65)])
    await assert.rejects(
      accounts.create({ firstName: name, lastName: 'Resident' }),
      AccountRefusedError,
      JSON.stringify(name),
    );
  for (const email of ['nobody', 'a@b@c', 'a b@c', `${'x'.repeat(260)}@y`])
    await assert.rejects(
      accounts.create({ firstName: 'A', lastName: 'B', email }),
      AccountRefusedError,
      email,
    );
  await accounts.create({ firstName: "D'Arcy", lastName: 'Señor-Ωmega_1' });
});

forEachDatabase('a change keeps what it leaves out', async (_test, database) => {
  const { accounts } = await testGrid(database);
  const ada = await accounts.create({ firstName: 'Ada', lastName: 'Resident', level: 5 });
  const serviceUrls = new Map([['HomeURI', 'http://elsewhere:8002/']]);
  const changed = await accounts.update(ada.id, { title: 'Mayor', country: 'NL', flags: 4, serviceUrls });
  assert.deepEqual(changed, { ...ada, title: 'Mayor', country: 'NL', flags: 4, serviceUrls });
  assert.deepEqual(await accounts.find(ada.id), changed);
  await assert.rejects(accounts.update(randomUuid(), { level: 1 }), UnknownAccountError);
  await assert.rejects(accounts.update(ada.id, { level: 0.5 }), /the level is 0.5/);
  const bad = new Map([['HomeURI', 'http://a;b/']]);
  await assert.rejects(accounts.update(ada.id, { serviceUrls: bad }), AccountRefusedError);
});

forEachDatabase('lists come in pages by name, searches by words', async (_test, database) => {
  const { accounts } = await testGrid(database);
  const names = ['Ada Bell', 'Bella Ring', 'Cy Dune', 'Dan Bell', 'P_c Odd'];
  for (const name of names) {
    const [firstName = '', lastName = ''] = name.split(' ');
    await accounts.create({ firstName, lastName });
  }
  const shown = (list: readonly { firstName: string; lastName: string }[]) =>
    list.map(({ firstName, lastName }) => `${firstName} ${lastName}`);
  const first = await accounts.list(3);
  assert.deepEqual(shown(first), names.slice(0, 3));
  assert.deepEqual(shown(await accounts.list(3, first.at(-1))), names.slice(3));
  assert.deepEqual(shown(await accounts.search('BELL')), ['Ada Bell', 'Bella Ring', 'Dan Bell']);
  assert.deepEqual(shown(await accounts.search('a bell')), ['Ada Bell', 'Dan Bell']);
  assert.deepEqual(shown(await accounts.search('p_c')), ['P_c Odd']);
  assert.deepEqual(await accounts.search('%%%'), []);
  assert.deepEqual(await accounts.search('be'), []);
  assert.deepEqual(await accounts.search('one two three'), []);
  const dan = await accounts.findNamed('Dan', 'Bell');
  assert.ok(dan);
  await accounts.update(dan.id, { active: false });
  assert.deepEqual(shown(await accounts.search('bell')), ['Ada Bell', 'Bella Ring']);
});
