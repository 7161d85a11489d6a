import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { JsonRpcError } from '../public-calls.ts';
import type { JsonObject, JsonRpcMethods, JsonValue } from '../public-calls.ts';
import { silentLog } from '../service-log.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { withoutDefaults } from '../json-members.ts';
import { JsonFields } from './profile-json.ts';
import { classifiedsMax, notesMax, picksMax } from './profile-records.ts';
import { profileWriters } from './profile-writers.ts';
import { profilesJsonRpc } from './profiles-jsonrpc.ts';

const simulator = '192.0.2.1';
const stranger = '198.51.100.9';

async function served(database: Database) {
  const grid = await testGrid(database);
  const methods = profilesJsonRpc({
    profiles: grid.profiles,
    accounts: grid.accounts,
    mayWrite: (_, address) => Promise.resolve(address === simulator),
    log: silentLog,
  });
  return { grid, methods, call: caller(methods, simulator) };
}

function caller(methods: JsonRpcMethods, address: string) {
  return async (name: string, parameters: JsonObject): Promise<JsonValue | undefined> => {
    const method = methods.get(name);
    assert.ok(method, name);
    return method(parameters, { address });
  };
}

function objectOf(value: unknown): JsonObject {
  const isObject = (one: unknown): one is JsonObject => typeof one === 'object' && one !== null;
  assert.ok(isObject(value));
  return value;
}

const refused = (error: unknown) => error instanceof JsonRpcError && error.code === -32604;

const ada = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201');

/** Stock servers cannot store characters beyond Latin-1; this one can, and shows them afterwards. */
const stored = {
  WebUrl: 'http://example.org/~me',
  AboutText: 'I build things & <like> it \u00FC',
  FirstLifeText: 'first life \u2713',
};

forEachDatabase('recorded calls get the recorded answers, and Unicode is kept', async (context, database) => {
  if (missing('fixtures') !== false) return context.skip(String(missing('fixtures')));
  const { grid, call } = await served(database);
  await grid.accounts.create({ id: ada, firstName: 'Ada', lastName: 'Viewer', email: 'ada@example.org' });
  const exchanges = recordedTexts('10-profiles', '/', 'robust-public');
  assert.equal(exchanges.length, 12);
  for (const { sent, received, line } of exchanges) {
    const { method, params } = objectOf(JSON.parse(sent));
    const reply = objectOf(JSON.parse(received));
    const result = await call(String(method), objectOf(params));
    if (line === 5) assert.deepEqual(result, { UserId: ada, PublishProfile: true, ...stored });
    else if (line === 7) assert.deepEqual(result, { ...objectOf(reply['result']), ...stored });
    else if (line === 12)
      assert.deepEqual(
        { ...objectOf(result), CreationDate: 0, ExpirationDate: 0 },
        { ...objectOf(reply['result']), CreationDate: 0, ExpirationDate: 0 },
      );
    else assert.deepEqual(result, reply['result'], `line ${line}`);
  }
});

const picture = randomUuid();

forEachDatabase('a stranger reads what is public and changes nothing', async (_, database) => {
  const { grid, methods, call } = await served(database);
  const strange = caller(methods, stranger);
  const { id } = await grid.accounts.create({ firstName: 'A', lastName: 'B', email: 'a@example.org' });
  const target = randomUuid();
  const [PickId, ClassifiedId] = [randomUuid(), randomUuid()];
  await call('avatar_properties_update', { UserId: id, AboutText: 'me', ImageId: picture });
  await call('picks_update', { PickId, CreatorId: id, Name: 'pick' });
  await call('classified_update', { ClassifiedId, CreatorId: id, Name: 'ad' });
  await call('avatar_notes_update', { UserId: id, TargetId: target, Notes: 'secret' });
  await call('user_preferences_update', { UserId: id, Visible: true });
  const everything = async () => [
    await call('avatar_properties_request', { UserId: id }),
    await call('avatarpicksrequest', { creatorId: id }),
    await call('avatarclassifiedsrequest', { creatorId: id }),
    await call('pickinforequest', { CreatorId: id, PickId }),
    await call('classifieds_info_query', { ClassifiedId }),
    await call('avatarnotesrequest', { UserId: id, TargetId: target }),
    await call('user_preferences_request', { UserId: id }),
    await call('image_assets_request', { avatarId: id }),
  ];
  const before = await everything();
  for (const [method, parameters] of [
    ['avatar_properties_update', { UserId: id }],
    ['avatar_interests_update', { UserId: id }],
    ['picks_update', { PickId, CreatorId: id }],
    ['picks_update', { PickId: randomUuid(), CreatorId: id }],
    ['picks_delete', { pickId: PickId }],
    ['classified_update', { ClassifiedId, CreatorId: id }],
    ['classified_delete', { classifiedId: ClassifiedId }],
    ['avatar_notes_update', { UserId: id, TargetId: target }],
    ['user_preferences_update', { UserId: id }],
  ] as const)
    await assert.rejects(strange(method, parameters), refused, method);
  assert.deepEqual(await everything(), before);
  assert.deepEqual(await strange('avatar_properties_request', { UserId: id }), before[0]);
  assert.deepEqual(await strange('avatarpicksrequest', { creatorId: id }), [
    { pickuuid: PickId, name: 'pick' },
  ]);
  assert.deepEqual(await strange('image_assets_request', { avatarId: id }), [picture]);
  assert.deepEqual(await strange('avatarnotesrequest', { UserId: id, TargetId: target }), {
    ...{ UserId: id, TargetId: target },
  });
  assert.deepEqual(before[5], { UserId: id, TargetId: target, Notes: 'secret' });
  assert.deepEqual(await strange('user_preferences_request', { UserId: id }), { UserId: id, Visible: true });
  assert.deepEqual(before[6], { UserId: id, Visible: true, EMail: 'a@example.org' });
  assert.equal(await strange('picks_delete', { pickId: randomUuid() }), undefined);
});

forEachDatabase('what is absent is cleared, and the rest of a profile stays', async (_, database) => {
  const { call } = await served(database);
  const UserId = randomUuid();
  await call('avatar_interests_update', { UserId, SkillsMask: -2147483647, Language: 'Deutsch' });
  await call('avatar_properties_update', { UserId, AboutText: 'a', FirstLifeText: 'b', ImageId: picture });
  await call('avatar_properties_update', { UserId, FirstLifeText: 'c', SkillsMask: 9 });
  assert.deepEqual(await call('avatar_properties_request', { UserId }), {
    ...{ UserId, SkillsMask: -2147483647, Language: 'Deutsch', FirstLifeText: 'c' },
  });
  await call('avatar_interests_update', { UserId });
  assert.deepEqual(await call('avatar_properties_request', { UserId }), { UserId, FirstLifeText: 'c' });
});

forEachDatabase('reading makes no rows', async (_, database) => {
  const { call } = await served(database);
  const UserId = randomUuid();
  assert.deepEqual(await call('avatar_properties_request', { UserId }), { UserId });
  assert.deepEqual(await call('user_preferences_request', { UserId }), {
    ...{ UserId, EMail: 'No Email Address On Record' },
  });
  assert.deepEqual(await call('pickinforequest', { CreatorId: UserId, PickId: UserId }), {
    GlobalPos: '<0,0,0>',
  });
  assert.deepEqual(await call('classifieds_info_query', { ClassifiedId: UserId }), {
    ...{ ClassifiedId: UserId, GlobalPos: '<0,0,0>', Flags: 4 },
  });
  const { rows } = await countRows(database);
  assert.equal(rows, 0);
});

async function countRows(database: Database): Promise<{ readonly rows: number }> {
  interface Tables {
    profile: { user_id: string };
    profile_preference: { user_id: string };
  }
  const all = await Promise.all([
    database.tables<Tables>().selectFrom('profile').selectAll().execute(),
    database.tables<Tables>().selectFrom('profile_preference').selectAll().execute(),
  ]);
  return { rows: all.flat().length };
}

forEachDatabase('picks keep their creator and what else was chosen', async (_, database) => {
  const { grid, call } = await served(database);
  const [CreatorId, PickId] = [randomUuid(), randomUuid()];
  const pick = { PickId, CreatorId, Name: 'n', TopPick: true, Enabled: true, SortOrder: 3 };
  assert.deepEqual(await call('picks_update', pick), { ...pick, GlobalPos: '<0,0,0>' });
  await assert.rejects(call('picks_update', { ...pick, CreatorId: randomUuid() }), refused);
  await assert.rejects(call('picks_update', { ...pick, CreatorId: zeroUuid }), refused);
  await assert.rejects(call('picks_update', { ...pick, PickId: zeroUuid }), refused);
  await call('picks_update', { PickId, CreatorId, Name: 'other', Desc: 'd', GlobalPos: '<1, 2, 3>' });
  assert.deepEqual(await call('pickinforequest', { CreatorId, PickId }), {
    ...{ ...pick, Name: 'other', Desc: 'd', GlobalPos: '<1, 2, 3>' },
  });
  await call('picks_update', { PickId, CreatorId });
  assert.equal((await grid.profiles.findPick(PickId))?.description, '');
  const shown = await call('pickinforequest', { CreatorId, PickId });
  assert.equal(objectOf(shown)['Desc'], 'No description given.');
  assert.deepEqual(await call('pickinforequest', { CreatorId: randomUuid(), PickId }), {
    GlobalPos: '<0,0,0>',
  });
  for (let count = 1; count < picksMax; count++)
    await call('picks_update', { PickId: randomUuid(), CreatorId });
  await assert.rejects(call('picks_update', { PickId: randomUuid(), CreatorId }), refused);
  await call('picks_update', { ...pick, Name: 'still mine to change' });
  await call('picks_delete', { pickId: PickId });
  assert.equal(await grid.profiles.findPick(PickId), undefined);
});

forEachDatabase('classifieds are dated by the grid and say for whom they are', async (_, database) => {
  const { grid, call } = await served(database);
  const [CreatorId, ClassifiedId] = [randomUuid(), randomUuid()];
  const put = async (parameters: JsonObject) =>
    objectOf(await call('classified_update', { ClassifiedId, CreatorId, ...parameters }));
  const year = await put({ CreationDate: 1, ExpirationDate: 2, Price: 30, Flags: 300 });
  assert.equal(Number(year['ExpirationDate']) - Number(year['CreationDate']), 365 * 86_400);
  assert.deepEqual(
    [year['Flags'], year['Description'], year['ParcelName'], year['Price']],
    [4, 'No Description', 'Unknown', 30],
  );
  const week = await put({ Flags: 2 });
  assert.ok(Number(week['ExpirationDate']) < Number(year['ExpirationDate']));
  assert.equal(week['Flags'], 2);
  await assert.rejects(put({ CreatorId: randomUuid() }), refused);
  assert.deepEqual(await call('classifieds_info_query', { ClassifiedId }), week);
  for (let count = 1; count < classifiedsMax; count++)
    await call('classified_update', { ClassifiedId: randomUuid(), CreatorId });
  await assert.rejects(call('classified_update', { ClassifiedId: randomUuid(), CreatorId }), refused);
  await call('classified_delete', { classifiedId: ClassifiedId });
  assert.equal(await grid.profiles.findClassified(ClassifiedId), undefined);
});

forEachDatabase('notes are kept about so many, and an empty one is none', async (_, database) => {
  const { grid, call } = await served(database);
  const [UserId, TargetId] = [randomUuid(), randomUuid()];
  await call('avatar_notes_update', { UserId, TargetId, Notes: 'x'.repeat(70_000) });
  assert.equal((await grid.profiles.note(UserId, TargetId)).length, 65_000);
  await call('avatar_notes_update', { UserId, TargetId });
  assert.equal(await grid.profiles.note(UserId, TargetId), '');
  assert.deepEqual(await call('avatarnotesrequest', { UserId, TargetId }), { UserId, TargetId });
  assert.ok(notesMax >= 1000);
});

forEachDatabase(
  'a resident abroad may write from anywhere, as long as the trip lasts',
  async (_, database) => {
    const { travels } = await testGrid(database);
    const homeUri = 'http://grid.example.org:8002/';
    const mayWrite = profileWriters({
      isSimulatorAddress: (address) => address === simulator,
      travels,
      homeUri: () => homeUri,
    });
    const [userId, sessionId] = [randomUuid(), randomUuid()];
    assert.equal(await mayWrite(userId, simulator), true);
    assert.equal(await mayWrite(userId, stranger), false);
    const start = { sessionId, userId, clientAddress: '' };
    await travels.start({ ...start, gatekeeper: homeUri });
    assert.equal(await mayWrite(userId, stranger), false);
    await travels.start({ ...start, gatekeeper: 'http://elsewhere.example/' });
    assert.equal(await mayWrite(userId, stranger), true);
    assert.equal(await mayWrite(randomUuid(), stranger), false);
    await travels.end(sessionId, userId);
    assert.equal(await mayWrite(userId, stranger), false);
  },
);

test('defaults are left out, and members of the wrong type are absent', () => {
  assert.deepEqual(withoutDefaults({ a: '', b: 0, c: false, d: zeroUuid, e: 'x', f: -1, g: true }), {
    ...{ e: 'x', f: -1, g: true },
  });
  const fields = new JsonFields({
    ...{ text: 7, object: {}, list: [1], nothing: null, yes: 'True', one: 1, half: 1.9, much: 2 ** 31 },
    ...{ written: '-12', id: ` ${ada.toUpperCase()} ` },
  });
  assert.deepEqual(
    ['text', 'object', 'list', 'nothing', 'absent', 'toString'].map((name) => fields.text(name)),
    ['7', '', '', '', '', ''],
  );
  assert.deepEqual(
    ['yes', 'one', 'object', 'half'].map((name) => fields.flag(name)),
    [true, true, false, false],
  );
  assert.deepEqual(
    ['half', 'much', 'written', 'yes', 'list'].map((name) => fields.whole(name)),
    [1, 0, -12, 0, 0],
  );
  assert.deepEqual([fields.uuid('id'), fields.uuid('yes')], [ada, zeroUuid]);
});

forEachDatabase('whatever a stranger or a simulator sends, it gets an answer', async (_, database) => {
  const { methods } = await served(database);
  const names = [
    ...['UserId', 'TargetId', 'CreatorId', 'creatorId', 'PickId', 'pickId', 'ClassifiedId', 'Notes', 'EMail'],
    ...['classifiedId', 'avatarId', 'AboutText', 'WantToMask', 'Name', 'Desc', 'GlobalPos', 'Flags', 'Price'],
  ];
  const ids: Uuid[] = [ada, randomUuid(), zeroUuid];
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(...ids),
    fc.string({ unit: 'binary' }),
  );
  const parameters = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, { maxKeys: 10 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods.keys()),
      parameters,
      fc.constantFrom(simulator, stranger),
      async (name, sent, address) => {
        const answer = await caller(methods, address)(name, objectOf(sent)).catch((error: unknown) => {
          assert.ok(error instanceof JsonRpcError);
          assert.notEqual(error.message, '', 'nothing failed inside');
          return undefined;
        });
        assert.ok(answer === undefined || JSON.stringify(answer) !== undefined);
      },
    ),
    { numRuns: 500 },
  );
});
