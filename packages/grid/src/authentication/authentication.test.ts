import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import { readPasswordHash } from './authentication-store.ts';
import { PasswordRefusedError } from './authentication.ts';
import { AccountExistsError } from '../accounts/accounts.ts';
import { createResident } from '../residents.ts';
import { testGrid } from '../test-support/test-grid.ts';

const password = 'correct hörse';
const md5 = createHash('md5').update(password, 'utf8').digest('hex');

forEachDatabase('a password is right in all the forms that viewers send', async (_test, database) => {
  const { authentication } = await testGrid(database);
  const account = randomUuid();
  await authentication.setPassword(account, password);
  assert.equal(await authentication.hasPassword(account), true);
  assert.equal(await authentication.verify(account, password), true);
  assert.equal(await authentication.verifyMd5(account, md5), true);
  assert.equal(await authentication.verifyMd5(account, `$1$${md5.toUpperCase()}`), true);
  assert.equal(await authentication.verify(account, md5), false);
  assert.equal(await authentication.verify(account, `${password} `), false);
  assert.equal(await authentication.verifyMd5(account, password), false);
  assert.equal(await authentication.verifyMd5(account, ''), false);
  assert.equal(await authentication.verify(randomUuid(), password), false);
  await authentication.setPasswordMd5(account, `$1$${'0'.repeat(32)}`);
  assert.equal(await authentication.verifyMd5(account, md5), false);
  assert.equal(await authentication.verifyMd5(account, '0'.repeat(32)), true);
  assert.equal(await authentication.removePassword(account), true);
  assert.equal(await authentication.verifyMd5(account, '0'.repeat(32)), false);
});

forEachDatabase('what is stored holds neither the password nor its MD5', async (_test, database) => {
  const { authentication } = await testGrid(database);
  const account = randomUuid();
  await authentication.setPassword(account, password);
  const stored = (await readPasswordHash(database, account)) ?? '';
  assert.match(stored, /^\$argon2id\$v=19\$m=12288,t=3,p=1\$/);
  assert.ok(!stored.includes(md5) && !stored.includes(password));
  assert.equal(await authentication.verifyMd5(account, stored), false);
});

forEachDatabase('bad new passwords are refused without being shown', async (_test, database) => {
  const { authentication } = await testGrid(database);
  for (const bad of ['', 'short-7', 'x'.repeat(257)])
    await assert.rejects(authentication.setPassword(randomUuid(), bad), (error) => {
      assert.ok(error instanceof PasswordRefusedError);
      assert.ok(bad === '' || !error.message.includes(bad));
      return true;
    });
  await assert.rejects(authentication.setPasswordMd5(randomUuid(), 'nonsense'), PasswordRefusedError);
});

forEachDatabase('a resident comes with password and inventory, or not at all', async (_test, database) => {
  const grid = await testGrid(database);
  const ada = await createResident(grid, { firstName: 'Ada', lastName: 'Bell', password });
  assert.equal(await grid.authentication.verify(ada.id, password), true);
  assert.equal((await grid.inventory.rootFolder(ada.id))?.name, 'My Inventory');
  const id = randomUuid();
  await assert.rejects(
    createResident(grid, { id, firstName: 'ADA', lastName: 'Bell', password }),
    AccountExistsError,
  );
  await assert.rejects(
    createResident(grid, { id, firstName: 'Bo', lastName: 'Bell', password: 'short' }),
    PasswordRefusedError,
  );
  assert.equal(await grid.inventory.rootFolder(id), undefined);
  assert.equal(await grid.authentication.hasPassword(id), false);
  assert.equal(await grid.accounts.count(), 1);
});
