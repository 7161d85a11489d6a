import assert from 'node:assert/strict';
import { readForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import type { ReadReply } from '@gridkeep/wire/robust/reply';
import { randomUuid } from '@gridkeep/wire/uuid';
import { formClient } from '../test-support/form-client.ts';
import { agentBody, postAgent } from './test-support/agent-body.ts';
import { logIn, resident } from './test-support/grid-on-wire.ts';
import type { GridOnWire } from './test-support/grid-on-wire.ts';
import { testTwoGrids } from './test-support/two-grids.ts';
import { tryParseUserIdentifier } from './user-identifier.ts';

type Fields = Readonly<Record<string, string>>;

/** Calls `/hgfriends` as a region of another grid does, and waits for what the grid does behind it. */
function friendsOf(grid: GridOnWire): (method: string, fields: Fields) => Promise<ReadReply> {
  const client = formClient(grid.door.routes, 'hgfriends');
  return async (method, fields) => {
    const reply = readReply(await client({ METHOD: method, ...fields }));
    await grid.services.hypergrid.friends.settled();
    return reply;
  };
}

/** What a grid told the simulator of its region about friends. */
function news(grid: GridOnWire): readonly (readonly [string, string])[][] {
  return grid.simulator.requests
    .filter(({ target }) => target === '/friends')
    .map(({ body }) => [...readForm(body).fields].map(([name, value]) => [name, String(value)] as const));
}

testTwoGrids('an offer goes from grid to grid, is asked after, and is accepted', async (home, other) => {
  const ada = await resident(home, 'Ada');
  const ben = await resident(other, 'Ben');
  const session = await logIn(home, ada.id);
  await home.services.presence.report(session.sessionId, home.regionId);
  const atHome = friendsOf(home);
  const offer = {
    ...{ FromID: ben.id, ToID: ada.id, Message: 'will you?' },
    FromName: `Ben.Viewer@${new URL(other.url).host}`,
  };
  // Nobody has offered anything: Ben's grid says so.
  assert.equal((await atHome('friendship_offered', offer)).get('RESULT'), 'True');
  assert.deepEqual(await home.services.friends.list(ada.id), []);
  // Ben's region has noted the offer with its grid.
  await other.services.friends.store(ada.id, ben.id, 0);
  assert.equal((await atHome('friendship_offered', offer)).get('RESULT'), 'True');
  const [pending] = await home.services.friends.list(ada.id);
  const identifier = tryParseUserIdentifier(pending?.friend ?? '');
  assert.deepEqual(
    [identifier?.id, identifier?.home, identifier?.firstName, pending?.theirFlags],
    [ben.id, other.url, 'Ben', -1],
  );
  const secret = identifier?.secret ?? '';
  assert.match(secret, /^[0-9a-f]{8}$/);
  assert.deepEqual(
    news(home).map((fields) => fields.slice(0, 3)),
    [
      [
        ['METHOD', 'friendship_offered'],
        ['FromID', ben.id],
        ['ToID', ada.id],
      ],
    ],
  );
  // Offered again: neither the secret nor the row changes.
  await atHome('friendship_offered', offer);
  assert.equal((await home.services.friends.list(ada.id))[0]?.friend, pending?.friend);

  const atOther = friendsOf(other);
  const acceptance = {
    PrincipalID: ben.id,
    Friend: `${ada.id};${home.url};Ada Viewer;${secret}`,
    MyFlags: '1',
    TheirFlags: '1',
  };
  assert.equal(
    (await atOther('newfriendship', { ...acceptance, PrincipalID: randomUuid() })).get('RESULT'),
    'Failure',
  );
  assert.equal((await atOther('newfriendship', acceptance)).get('Result'), 'Success');
  assert.equal((await atOther('newfriendship', acceptance)).get('RESULT'), 'Failure');
  const [friend] = await other.services.friends.list(ben.id);
  assert.deepEqual([friend?.friend, friend?.myFlags, friend?.theirFlags], [acceptance.Friend, 1, 1]);

  await home.services.friends.confirm(ada.id, pending?.friend ?? '');
  const named = `${ada.id};${home.url};Ada Viewer;${secret}`;
  const status = { userID: ben.id, online: 'True' };
  assert.equal((await atHome('statusnotification', { ...status, friend_0: named })).get('friend_0'), ada.id);
  assert.deepEqual(news(home).at(-1), [
    ['METHOD', 'status'],
    ['FromID', ben.id],
    ['ToID', ada.id],
    ['Online', 'True'],
  ]);
  const told = news(home).length;
  for (const wrong of [named.replace(secret, '00000000'), ada.id, `${ada.id};${home.url};Ada Viewer`])
    assert.equal((await atHome('statusnotification', { ...status, friend_0: wrong })).get('RESULT'), 'NULL');
  assert.equal(news(home).length, told);

  const end = { PrincipalID: ada.id, Friend: ben.id };
  assert.equal((await atHome('deletefriendship', { ...end, SECRET: 'guess' })).get('RESULT'), 'False');
  assert.equal((await atHome('deletefriendship', { ...end, SECRET: secret })).get('RESULT'), 'True');
  assert.deepEqual(await home.services.friends.list(ada.id), []);
});

testTwoGrids(
  'a friendship made abroad waits at home; only the traveller’s region may speak for him',
  async (home, other) => {
    const ada = await resident(home, 'Ada');
    const cleo = await resident(home, 'Cleo');
    const ben = await resident(other, 'Ben');
    const session = await logIn(home, ada.id);
    await postAgent(home.url, 'homeagent', agentBody(ada, session, home.url, other));
    const token = (await home.services.travels.find(session.sessionId))?.serviceSessionId ?? '';
    const atHome = friendsOf(home);
    const friendship = { PrincipalID: ada.id, Friend: `${ben.id};${other.url};Ben Viewer;12345678` };
    const proof = { KEY: token, SESSIONID: session.sessionId };
    assert.equal(
      (await atHome('newfriendship', { ...friendship, ...proof, KEY: 'guess' })).get('RESULT'),
      'Failure',
    );
    // The proof is Ada's, not Cleo's.
    assert.equal(
      (await atHome('newfriendship', { ...friendship, ...proof, PrincipalID: cleo.id })).get('RESULT'),
      'Failure',
    );
    assert.equal((await atHome('newfriendship', { ...friendship, ...proof })).get('Result'), 'Success');
    const [pending] = await home.services.friends.list(ada.id);
    assert.deepEqual([pending?.friend, pending?.myFlags, pending?.theirFlags], [friendship.Friend, 0, -1]);

    await home.services.friends.confirm(ada.id, friendship.Friend);
    const rights = { PRINCIPALID: ada.id, FRIENDID: ben.id };
    assert.deepEqual(
      [...(await atHome('getfriendperms', { ...rights, ...proof }))],
      [
        ['RESULT', 'Success'],
        ['Value', '1'],
      ],
    );
    assert.equal((await atHome('getfriendperms', rights)).get('RESULT'), 'Failure');
    assert.equal(
      (await atHome('getfriendperms', { ...rights, ...proof, KEY: 'x' })).get('RESULT'),
      'Failure',
    );
    // Of a friend on another grid the identifier is told, the secret is not.
    const answer = await home.ask('get_uui', { userID: ada.id, targetUserID: ben.id });
    assert.equal(answer.get('UUI'), `${ben.id};${other.url};Ben Viewer;0`);
  },
);
