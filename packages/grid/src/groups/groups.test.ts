import assert from 'node:assert/strict';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { insertMany } from '@gridkeep/storage/database/insert-many';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUserText } from '../user-text.ts';
import { everyonePowers, groupPowers, officerPowers, ownerPowers, tryParsePowers } from './group-powers.ts';
import { GroupRefusedError, messageAgeMaxMs, noticesMax } from './group-records.ts';
import type { NewGroup } from './group-records.ts';
import { GroupRoles } from './group-roles.ts';
import { groupMigrations } from './group-tables.ts';
import type { GroupTables } from './group-tables.ts';
import { Groups } from './groups.ts';

const founder = parseUserText(randomUuid());
const member = parseUserText(randomUuid());

const guild: NewGroup = {
  ...{ name: 'Guild', charter: '', insigniaId: zeroUuid, membershipFee: 0, openEnrollment: true },
  ...{ showInList: true, allowPublish: true, maturePublish: false, founderId: founder.id },
};

async function made(database: Database, now?: () => number) {
  await database.migrate(groupMigrations);
  const asked: number[] = [];
  const gridUsers = {
    findMany: (users: Iterable<string>) => {
      asked.push([...users].length);
      return Promise.resolve([]);
    },
  };
  const groups = new Groups({ database, gridUsers, ...(now === undefined ? {} : { now }) });
  return { groups, roles: new GroupRoles(database), asked };
}

forEachDatabase('invitations and notices are gone after two weeks', async (_, database) => {
  let now = 1_700_000_000_000;
  const { groups } = await made(database, () => now);
  const { id: groupId } = await groups.create({ ...guild, openEnrollment: false });
  const [invitationId, noticeId] = [randomUuid(), randomUuid()];
  const notice = { groupId, fromName: '', subject: '', message: '', attachment: undefined };
  await groups.invite(founder, { id: invitationId, groupId, roleId: zeroUuid, user: member });
  await groups.addNotice(founder, { ...notice, id: noticeId });
  now += messageAgeMaxMs;
  assert.ok((await groups.invitation(invitationId)) && (await groups.notice(noticeId)));
  now += 1;
  assert.equal(await groups.invitation(invitationId), undefined);
  assert.equal(await groups.notice(noticeId), undefined);
  assert.deepEqual(await groups.notices(groupId), []);
  await assert.rejects(groups.join(member, { user: member, groupId, roleId: zeroUuid }), GroupRefusedError);
  await groups.addNotice(founder, { ...notice, id: randomUuid() });
  assert.equal(await groups.cleanOld(), 2);
  const left = await database.tables<GroupTables>().selectFrom('group_notice').select('created_at').execute();
  assert.deepEqual(
    left.map((row) => row.created_at),
    [now],
  );
});

forEachDatabase('a group keeps a bounded number of notices', async (_, database) => {
  const { groups } = await made(database);
  const { id: groupId } = await groups.create(guild);
  const row = {
    ...{ group_id: database.uuid(groupId), created_at: Date.now(), from_name: '', subject: '' },
    ...{ message: '', has_attachment: 0, attachment_item: database.uuid(zeroUuid) },
    ...{ attachment_name: '', attachment_type: 0, attachment_owner: '' },
  };
  await insertMany(
    database.tables<GroupTables>(),
    'group_notice',
    Array.from({ length: noticesMax }, () => ({ ...row, id: database.uuid(randomUuid()) })),
  );
  await assert.rejects(
    groups.addNotice(founder, {
      ...{ id: randomUuid(), groupId, fromName: '', subject: '', message: '', attachment: undefined },
    }),
    /too many notices/,
  );
});

/** Counts the statements that go through it. */
function counting(database: Database): { readonly counted: Database; readonly count: () => number } {
  let statements = 0;
  const tables = <Tables>() =>
    database.tables<Tables>().withPlugin({
      transformQuery: ({ node }) => {
        statements += 1;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
  const counted: Database = {
    dialect: database.dialect,
    hearsOthers: database.hearsOthers,
    tables,
    uuid: (id) => database.uuid(id),
    announce: (topic) => {
      database.announce(topic);
    },
    transaction: (work, options) => database.transaction(work, options),
    onChange: (listener) => database.onChange(listener),
    snapshot: (work) => database.snapshot(work),
    migrate: (migrations) => database.migrate(migrations),
    close: () => database.close(),
  };
  return { counted, count: () => statements };
}

async function addMembers(queries: Queries, groupId: Uuid, count: number): Promise<void> {
  const group = queries.uuid(groupId);
  const rows = Array.from({ length: count }, () => {
    const id = randomUuid();
    return {
      ...{ group_id: group, principal: id, user_text: id, selected_role: queries.uuid(zeroUuid) },
      ...{ contribution: 0, list_in_profile: 1, accept_notices: 1, access_token: '', joined_at: 1 },
    };
  });
  await insertMany(queries.tables<GroupTables>(), 'group_member', rows);
  await queries
    .tables<GroupTables>()
    .updateTable('group_record')
    .set({ member_count: count + 1 })
    .where('id', '=', group)
    .execute();
}

forEachDatabase('ten thousand members cost as many queries as one', async (_, database) => {
  const { groups } = await made(database);
  const { id } = await groups.create(guild);
  await database.transaction((queries) => addMembers(queries, id, 10_000));
  const { counted, count } = counting(database);
  const { groups: watched, roles, asked } = await made(counted);
  const statements = async (work: () => Promise<unknown>) => {
    const before = count();
    await work();
    return count() - before;
  };
  assert.equal(
    await statements(async () => assert.equal((await watched.members(founder, id)).length, 10_001)),
    4,
  );
  assert.deepEqual(asked, [10_001]);
  assert.equal(
    await statements(async () => {
      assert.equal((await roles.members(founder, id)).length, 10_002);
    }),
    4,
  );
  assert.equal(await statements(() => roles.list(id)), 3);
  assert.equal(await statements(() => watched.find(id)), 1);
  assert.equal(await statements(() => watched.memberships(founder)), 1);
  assert.equal(await statements(() => watched.activeMembership(founder)), 1);
  assert.equal(await statements(() => watched.search('guild')), 1);
});

forEachDatabase('many who join and leave at once are counted right', async (_, database) => {
  const { groups } = await made(database);
  const { id: groupId } = await groups.create(guild);
  const users = Array.from({ length: 12 }, () => parseUserText(randomUuid()));
  const join = (user: (typeof users)[number]) =>
    groups.join(user, { user, groupId, roleId: zeroUuid, accessToken: '' });
  await Promise.all([...users, ...users].map(join));
  assert.equal((await groups.find(groupId))?.memberCount, 13);
  await Promise.all(users.slice(0, 6).map((user) => groups.leave(user, user, groupId)));
  assert.equal((await groups.find(groupId))?.memberCount, 7);
  assert.equal((await groups.members(founder, groupId)).length, 7);
});

forEachDatabase('the powers of a new group are those that viewers know', async (_, database) => {
  const { groups, roles } = await made(database);
  const { id } = await groups.create(guild);
  assert.deepEqual(
    (await roles.list(id)).map((role) => [role.name, role.powers, role.memberCount]),
    [
      ['Everyone', everyonePowers, 1],
      ['Officers', officerPowers, 0],
      ['Owners', ownerPowers, 1],
    ],
  );
  const has = (powers: bigint, name: keyof typeof groupPowers) => (powers & groupPowers[name]) !== 0n;
  assert.ok(has(officerPowers, 'invite') && has(officerPowers, 'memberVisible'));
  assert.ok(!has(officerPowers, 'changeActions') && !has(officerPowers, 'assignMember'));
  assert.ok(has(ownerPowers, 'changeActions') && has(ownerPowers, 'deleteRole'));
  assert.equal(tryParsePowers('18446744073709551615'), 2n ** 64n - 1n);
  for (const wrong of ['18446744073709551616', '-1', '', '0x1', '1.0'])
    assert.equal(tryParsePowers(wrong), undefined);
});
