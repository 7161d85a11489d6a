import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { formClient, handlerIn, nullDocument, textDocument } from '../test-support/form-client.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { UserTextError } from '../user-text.ts';
import { friendsRobust } from './friends-robust.ts';

const success = textDocument('Result', 'Success');
const failure =
  '<?xml version="1.0"?>\n<ServerResponse>\n  <Result>Failure</Result>\n  <Message></Message>\n</ServerResponse>';
const foreign = (id: string, secret: string) => `${id};http://other.example:8002/;Far Friend;${secret}`;

forEachDatabase('a friendship is offered, accepted, changed and ended', async (_test, database) => {
  const { friends } = await testGrid(database);
  const [ada, ben] = [randomUuid(), randomUuid()];
  assert.deepEqual(await friends.list(ada), []);
  await friends.store(ben, ada, 0);
  assert.deepEqual(await friends.list(ben), [{ principalId: ben, friend: ada, myFlags: 0, theirFlags: -1 }]);
  assert.deepEqual(await friends.list(ada), []);
  await friends.confirm(ben, ada);
  await friends.store(ada, ben, 7);
  const adas = { principalId: ada, friend: ben, myFlags: 7, theirFlags: 1 };
  assert.deepEqual(await friends.list(ada), [adas]);
  assert.deepEqual(await friends.find(ada, ben), adas);
  assert.equal((await friends.find(ben, ada))?.theirFlags, 7);
  assert.equal(await friends.find(ada, randomUuid()), undefined);
  assert.equal(await friends.delete(ada, ben), true);
  assert.equal(await friends.delete(ada, ben), false);
  assert.equal((await friends.find(ben, ada))?.theirFlags, -1);
});

forEachDatabase('friends of other grids come with a secret', async (_test, database) => {
  const { friends } = await testGrid(database);
  const [ada, far] = [randomUuid(), randomUuid()];
  await friends.store(ada, foreign(far, 'aaaaaaaa'), 0);
  assert.equal((await friends.find(ada, far))?.theirFlags, -1);
  await friends.confirm(ada, foreign(far, 'bbbbbbbb'));
  const adas = { principalId: ada, friend: foreign(far, 'bbbbbbbb'), myFlags: 1, theirFlags: 1 };
  assert.deepEqual(await friends.list(ada), [adas]);
  const visitors = [{ principalId: zeroUuid, friend: ada, myFlags: 1, theirFlags: 1 }];
  assert.deepEqual(await friends.list(far), visitors, 'by the bare id');
  assert.deepEqual(await friends.list(`${far};http://other.example:8002;Far Friend`), visitors);
  await friends.store(ada, foreign(far, 'cccccccc'), 3);
  assert.deepEqual(
    await friends.list(ada),
    [{ ...adas, friend: foreign(far, 'cccccccc'), myFlags: 3, theirFlags: -1 }],
    'another secret is another friendship',
  );
});

forEachDatabase('the secret ends a friendship between grids, nothing else does', async (_test, database) => {
  const { friends } = await testGrid(database);
  const [ada, far, ben] = [randomUuid(), randomUuid(), randomUuid()];
  await friends.confirm(ada, foreign(far, 'aaaaaaaa'));
  await friends.confirm(ada, ben);
  for (const secret of ['', 'aaaaaaa', 'aaaaaaaaa', 'Aaaaaaaa', 'Far Friend;aaaaaaaa'])
    assert.equal(await friends.deleteWithSecret(ada, far, secret), false, secret);
  assert.equal(await friends.deleteWithSecret(ada, ben, ''), false);
  assert.equal(await friends.deleteWithSecret(ben, far, 'aaaaaaaa'), false);
  assert.equal(await friends.deleteWithSecret(ada, far, 'aaaaaaaa'), true);
  assert.deepEqual(await friends.list(far), []);
  assert.deepEqual(
    (await friends.list(ada)).map(({ friend }) => friend),
    [ben],
  );
});

forEachDatabase('a row is deleted by its text or by its id', async (_test, database) => {
  const { friends } = await testGrid(database);
  const [ada, far] = [randomUuid(), randomUuid()];
  await friends.confirm(ada, foreign(far, 'aaaaaaaa'));
  assert.equal(await friends.delete(ada, foreign(far, 'bbbbbbbb')), false);
  assert.equal(await friends.delete(ada, far), true);
  assert.equal(await friends.delete(foreign(far, 'aaaaaaaa'), ada), true);
});

forEachDatabase('texts and rights that are none are refused', async (_test, database) => {
  const { friends } = await testGrid(database);
  const ada = randomUuid();
  for (const text of ['', 'x', ada.slice(0, 8), `${ada};`, `${ada};;`]) {
    await assert.rejects(friends.list(text), UserTextError);
    await assert.rejects(friends.store(ada, text, 0), UserTextError);
  }
  for (const flags of [-1, 0.5, NaN, 2 ** 31])
    await assert.rejects(friends.store(ada, randomUuid(), flags), RangeError);
  await assert.rejects(friends.confirm(ada, ada), RangeError);
});

forEachDatabase('a recorded friendship is answered byte for byte', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const { friends } = await testGrid(database);
  const ask = formClient(friendsRobust(friends, strictLog), 'friends');
  for (const file of [
    ...['02-bots-login-logout', '10-friends', '10-client-login', '10-second-client-login'],
    ...['10-login-with-offline-im', '12-build-many', '23-rez-large-object'],
    ...['24-teleport-between-simulators', '24-teleport-back', '51-hypergrid-return'],
  ])
    for (const { sent, received, line } of recordedTexts(file, '/friends', 'robust-private'))
      assert.equal(await ask(sent), received, `${file} ${line}`);
});

forEachDatabase('a visitor without friends here is answered as recorded', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const { friends } = await testGrid(database);
  const ask = formClient(friendsRobust(friends, strictLog), 'friends');
  const calls = recordedTexts('51-hypergrid-teleport-out', '/friends', 'grid2-private');
  for (const { sent, received } of calls) assert.equal(await ask(sent), received);
});

forEachDatabase('the friends service answers', async (_test, database) => {
  const { friends } = await testGrid(database);
  const ask = formClient(friendsRobust(friends, strictLog), 'friends');
  const [ada, far] = [parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201'), randomUuid()];
  const far1 = foreign(far, 'aaaaaaaa');
  const store = { METHOD: 'storefriend', MyFlags: '1' };
  assert.equal(await ask({ ...store, PrincipalID: ada, Friend: far1 }), success);
  assert.equal(await ask({ ...store, PrincipalID: far1, Friend: ada }), success);
  const friend0 = (principal: string, friend: string) =>
    `<?xml version="1.0"?><ServerResponse><friend0 type="List"><PrincipalID>${principal}</PrincipalID>` +
    `<Friend>${friend}</Friend><MyFlags>1</MyFlags><TheirFlags>1</TheirFlags></friend0></ServerResponse>`;
  assert.equal(await ask({ METHOD: 'getfriends', PRINCIPALID: ada }), friend0(ada, far1));
  const visitor = { METHOD: 'getfriends_string', PRINCIPALID: far };
  assert.equal(await ask(visitor), friend0(zeroUuid, ada));
  for (const form of [
    { METHOD: 'getfriends', PrincipalID: ada },
    { METHOD: 'getfriends', PRINCIPALID: far1 },
    { METHOD: 'getfriends_string', PRINCIPALID: ada.slice(0, 4) },
    { ...store, PRINCIPALID: ada, FRIEND: far1 },
    { ...store, PrincipalID: ada, Friend: far1, MyFlags: '-1' },
    { ...store, PrincipalID: ada, Friend: far1, MyFlags: 'x' },
    { METHOD: 'deletefriend', PRINCIPALID: ada },
    { METHOD: 'deletefriend', PRINCIPALID: far1, FRIEND: ada },
    { METHOD: 'getFriends', PRINCIPALID: ada },
  ])
    assert.equal(await ask(form), failure, JSON.stringify(form));
  for (const FRIEND of ['nobody', far1, far1])
    assert.equal(await ask({ METHOD: 'deletefriend', PRINCIPALID: ada, FRIEND }), success);
  assert.equal(await ask({ METHOD: 'getfriends', PRINCIPALID: ada }), nullDocument);
  assert.equal(await ask({ METHOD: 'deletefriend_string', PRINCIPALID: far1, FRIEND: ada }), success);
  assert.equal(await ask(visitor), nullDocument);
});

forEachDatabase('the friends service answers whatever is sent', async (_test, database) => {
  const { friends } = await testGrid(database);
  const id = randomUuid();
  await answersGarbage({
    path: '/friends',
    handler: handlerIn(friendsRobust(friends, strictLog), 'friends'),
    methods: ['getfriends', 'getfriends_string', 'storefriend', 'deletefriend', 'deletefriend_string'],
    fields: ['PRINCIPALID', 'FRIEND', 'PrincipalID', 'Friend', 'MyFlags'],
    values: [id, foreign(id, 'aaaaaaaa')],
  });
});
