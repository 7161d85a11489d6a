import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import { randomUuid } from '@gridkeep/wire/uuid';
import { formClient, handlerIn, textDocument } from '../test-support/form-client.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { avatarsRobust } from './avatars-robust.ts';
import { AvatarRefusedError, avatarUnitsMax, avatarValueMax, avatarValuesMax } from './avatars.ts';

const success = textDocument('result', 'Success');
const failure = textDocument('result', 'Failure');
const values = (record: Readonly<Record<string, string>>) => new Map(Object.entries(record));

forEachDatabase('an avatar is replaced as a whole, changed in parts, and reset', async (_test, database) => {
  const { avatars } = await testGrid(database);
  const id = randomUuid();
  assert.deepEqual(await avatars.find(id), values({ AvatarType: '1' }));
  assert.equal(await avatars.reset(id), false);
  await avatars.replace(id, values({ Serial: '3', 'Wearable 0:0': 'a:b', AvatarType: '2' }));
  await avatars.replace(id, values({ AvatarType: '1', Serial: '4', __proto__x: 'x', constructor: '' }));
  const second = values({ AvatarType: '1', Serial: '4', __proto__x: 'x', constructor: '' });
  assert.deepEqual(await avatars.find(id), second);
  await avatars.setItems(id, values({ Serial: '5', _ap_1: 'c,d' }));
  await avatars.removeItems(id, ['constructor', 'nothing']);
  const third = values({ AvatarType: '1', Serial: '5', __proto__x: 'x', _ap_1: 'c,d' });
  assert.deepEqual(await avatars.find(id), third);
  await avatars.removeItems(randomUuid(), ['Serial']);
  assert.equal(await avatars.reset(id), true);
  await avatars.setItems(id, values({ Serial: '1' }));
  assert.deepEqual(await avatars.find(id), values({ AvatarType: '1', Serial: '1' }));
});

forEachDatabase('heights are made sane, all else stays as it is', async (_test, database) => {
  const { avatars } = await testGrid(database);
  const id = randomUuid();
  for (const [sent, kept] of [
    ['1.9', '1.9'],
    ['0', '0'],
    ['10', '10'],
    ['1,83', '1.83'],
    ['19', '1.771488'],
    ['-1', '1.771488'],
    ['NaN', '1.771488'],
    ['', '1.771488'],
    ['1,2,3', '1.771488'],
  ] as const) {
    await avatars.replace(id, values({ AvatarType: 'x', AvatarHeight: sent, VisualParams: '1,2' }));
    assert.deepEqual(
      await avatars.find(id),
      values({ AvatarType: '1', AvatarHeight: kept, VisualParams: '1,2' }),
      sent,
    );
  }
});

forEachDatabase('too much is refused and leaves what was there', async (_test, database) => {
  const { avatars } = await testGrid(database);
  const id = randomUuid();
  const before = values({ AvatarType: '1', Serial: '1' });
  await avatars.replace(id, before);
  const many = (count: number, value: string) =>
    new Map(Array.from({ length: count }, (_, index) => [`n${index}`, value]));
  for (const bad of [
    many(avatarValuesMax + 1, ''),
    many(avatarUnitsMax / avatarValueMax + 1, 'x'.repeat(avatarValueMax)),
    values({ a: 'x'.repeat(avatarValueMax + 1) }),
    values({ ['x'.repeat(33)]: '' }),
    values({ '': 'x' }),
    values({ 'a\0': 'x' }),
  ]) {
    await assert.rejects(avatars.replace(id, bad), AvatarRefusedError);
    await assert.rejects(avatars.setItems(id, bad), AvatarRefusedError);
  }
  await avatars.replace(id, many(avatarValuesMax, 'x'));
  await assert.rejects(avatars.setItems(id, values({ more: '' })), AvatarRefusedError);
});

const recordings = [
  ...['02-bots-login-logout', '10-client-login', '10-second-client-login', '10-login-with-offline-im'],
  ...['12-build-many', '23-rez-large-object'],
];

forEachDatabase('recorded avatars are kept and given back', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const { avatars } = await testGrid(database);
  const ask = formClient(avatarsRobust(avatars, strictLog), 'avatar');
  for (const file of recordings)
    for (const { sent, received } of recordedTexts(file, '/avatar')) {
      assert.equal(await ask(sent), received);
      const { fields } = readForm(sent);
      const told = readReply(await ask({ METHOD: 'getavatar', UserID: String(fields.get('UserID')) }));
      const kept = [...fields].filter(([name]) => !/^(METHOD|UserID|VERSION(MIN|MAX))$/.test(name));
      assert.ok(kept.length > 5);
      assert.deepEqual(told.get('result'), new Map(kept));
    }
});

forEachDatabase('the avatar service answers', async (_test, database) => {
  const { avatars } = await testGrid(database);
  const ask = formClient(avatarsRobust(avatars, strictLog), 'avatar');
  const id = randomUuid();
  const of = (METHOD: string) => ({ METHOD, UserID: id });
  const unknown =
    '<?xml version="1.0"?><ServerResponse><result type="List"><AvatarType>1</AvatarType></result></ServerResponse>';
  assert.equal(await ask(of('getavatar')), unknown);
  assert.equal(await ask(of('resetavatar')), failure);
  const items = { Names: ['Wearable 0:0', '1st', 'gone'], Values: ['a:b', '<&>', 'x'] };
  assert.equal(await ask({ ...of('setitems'), ...items }), success);
  assert.equal(await ask({ ...of('removeitems'), Names: ['gone'] }), success);
  assert.equal(
    await ask(of('getavatar')),
    '<?xml version="1.0"?><ServerResponse><result type="List"><AvatarType>1</AvatarType>' +
      '<Wearable_x0020_0_x003A_0>a:b</Wearable_x0020_0_x003A_0><_x0031_st>&lt;&amp;&gt;</_x0031_st>' +
      '</result></ServerResponse>',
  );
  for (const form of [
    { METHOD: 'getavatar', UserID: 'x' },
    { METHOD: 'getavatar' },
    { ...of('setitems'), Names: ['a'], Values: [] },
    { ...of('setitems'), Names: ['a', 'b'], Values: ['a'] },
    { ...of('setitems'), Names: [''], Values: ['a'] },
    { ...of('removeitems'), Names: 'a' },
    { ...of('setavatar'), ['x'.repeat(40)]: 'y' },
    of('GetAvatar'),
  ])
    assert.equal(await ask(form), failure, JSON.stringify(form));
  assert.equal(await ask(of('resetavatar')), success);
});

forEachDatabase('the avatar service answers whatever is sent', async (_test, database) => {
  const { avatars } = await testGrid(database);
  await answersGarbage({
    path: '/avatar',
    handler: handlerIn(avatarsRobust(avatars, strictLog), 'avatar'),
    methods: ['getavatar', 'setavatar', 'resetavatar', 'setitems', 'removeitems'],
    fields: ['UserID', 'AvatarType', 'AvatarHeight', 'Names', 'Values', '_ap_1', 'Wearable 0:0', '_x0041_'],
  });
});
