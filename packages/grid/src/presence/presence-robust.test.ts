import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import type { TextExchange } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import type { ReadReply, ReadReplyValue } from '@gridkeep/wire/robust/reply';
import { parseUuid, randomUuid, tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { formClient, handlerIn, nullDocument, textDocument } from '../test-support/form-client.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { presenceRobust } from './presence-robust.ts';
import { Presence } from './presence.ts';

const success = textDocument('result', 'Success');
const failure = textDocument('result', 'Failure');

/** In the order in which they were recorded. */
const recordings: readonly (readonly [service: string, files: readonly string[]])[] = [
  [
    'robust-private',
    [
      ...['01-region-start', '03-region-stop', '01-region-restart', '02-bots-login-logout'],
      ...['10-client-login', '10-second-client-login', '10-logout-offline-im', '10-login-with-offline-im'],
      ...['10-client-logout', '10-groups', '12-build-many', '21-two-region-start', '22-var-region-start'],
      ...['23-rez-large-object', '14-raw-login', '24-teleport-between-simulators', '24-teleport-back'],
      ...['25-two-region-stop', '60-rest-console', '51-hypergrid-teleport-out', '51-hypergrid-return'],
      '51-hypergrid-logout',
    ],
  ],
  [
    'grid2-private',
    [...['50-grid2-region-start', '51-hypergrid-teleport-out', '51-hypergrid-abroad'], '51-hypergrid-return'],
  ],
];

forEachDatabase('recorded calls are answered byte for byte', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const { presence, settings } = await testGrid(database);
  const later = new Presence({ database, settings, now: () => 1e13 });
  const ask = formClient(presenceRobust(presence, strictLog), 'presence');
  for (const [service, files] of recordings) {
    await later.cleanStale(() => false);
    for (const file of files)
      for (const exchange of recordedTexts(file, '/presence', service)) {
        await logInBefore(presence, exchange);
        assert.equal(await ask(exchange.sent), exchange.received, `${file} ${exchange.line}`);
      }
  }
});

/** Sessions that the answer speaks of and nobody has heard of: their logins were not calls of simulators. */
async function logInBefore(presence: Presence, { sent, received }: TextExchange): Promise<void> {
  const sessionId = tryParseUuid(readForm(sent).text('SessionID') ?? '');
  const told = [...readReply(received).values()].filter(isMap);
  if (sessionId !== undefined && received !== nullDocument) {
    if ((await presence.find(sessionId)) === undefined) await logIn(presence, told[0], sessionId);
    return;
  }
  for (const one of told) {
    const userId = parseUuid(String(one.get('UserID')));
    if ((await presence.ofUsers([userId])).length === 0) await logIn(presence, one, randomUuid());
  }
}

async function logIn(presence: Presence, told: ReadReply | undefined, sessionId: string): Promise<void> {
  const userId = parseUuid(String(told?.get('UserID') ?? randomUuid()));
  const regionId = parseUuid(String(told?.get('RegionID') ?? zeroUuid));
  await presence.login({ userId, sessionId: parseUuid(sessionId), secureSessionId: randomUuid() });
  await presence.report(parseUuid(sessionId), regionId);
}

function isMap(value: ReadReplyValue): value is ReadReply {
  return typeof value !== 'string';
}

forEachDatabase('presence fails as simulators expect it', async (_test, database) => {
  const { presence } = await testGrid(database);
  const ask = formClient(presenceRobust(presence, strictLog), 'presence');
  const [userId, sessionId] = [randomUuid(), randomUuid()];
  const login = { METHOD: 'login', UserID: userId, SessionID: sessionId, SecureSessionID: randomUuid() };
  assert.equal(await ask(login), failure);
  assert.equal(await ask({ METHOD: 'getagent', SessionID: sessionId }), nullDocument);
  assert.equal(await ask({ METHOD: 'getagents', uuids: [userId] }), nullDocument);
  await presence.login({ userId, sessionId, secureSessionId: zeroUuid });
  for (const form of [
    {},
    { METHOD: 'Logout', SessionID: sessionId },
    { METHOD: 'logout' },
    { METHOD: 'logout', SessionID: randomUuid() },
    { METHOD: 'logoutregion', RegionID: 'x' },
    { METHOD: 'report', SessionID: sessionId },
    { METHOD: 'report', SessionID: sessionId, RegionID: zeroUuid },
    { METHOD: 'report', SessionID: randomUuid(), RegionID: randomUuid() },
    { METHOD: 'getagents', uuids: userId },
    { METHOD: 'getagents', uuids: ['x'] },
  ])
    assert.equal(await ask(form), failure, JSON.stringify(form));
  assert.equal(await ask({ METHOD: 'logoutregion', RegionID: zeroUuid }), success);
  assert.equal((await presence.ofUsers([userId])).length, 1);
  assert.equal(await ask({ METHOD: 'logout', SessionID: sessionId.toUpperCase() }), success);
});

forEachDatabase('presence answers whatever is sent', async (_test, database) => {
  const { presence } = await testGrid(database);
  const session = { userId: randomUuid(), sessionId: randomUuid(), secureSessionId: randomUuid() };
  await presence.login(session);
  await answersGarbage({
    path: '/presence',
    handler: handlerIn(presenceRobust(presence, strictLog), 'presence'),
    methods: ['login', 'logout', 'logoutregion', 'report', 'getagent', 'getagents'],
    fields: ['UserID', 'SessionID', 'SecureSessionID', 'RegionID', 'uuids'],
    values: Object.values(session),
  });
});
