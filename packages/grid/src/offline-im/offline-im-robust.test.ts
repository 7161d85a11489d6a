import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readForm, writeForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { formClient, handlerIn } from '../test-support/form-client.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { offlineImRobust } from './offline-im-robust.ts';

const head = '<?xml version="1.0"?><ServerResponse>';
const done = `${head}<RESULT>True</RESULT></ServerResponse>`;
const failed = `${head}<RESULT>False</RESULT></ServerResponse>`;
const none = `${head}<RESULT type="List" /></ServerResponse>`;

forEachDatabase('recorded messages come out byte for byte', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const { offlineMessages } = await testGrid(database);
  const ask = formClient(offlineImRobust(offlineMessages, strictLog), 'offlineim');
  for (const [file, service] of [
    ['10-logout-offline-im', 'robust-private'],
    ['10-login-with-offline-im', 'robust-private'],
    ['51-hypergrid-teleport-out', 'grid2-private'],
    ['51-hypergrid-return', 'robust-private'],
  ] as const)
    for (const { sent, received, line } of recordedTexts(file, '/offlineim', service))
      assert.equal(await ask(sent), received, `${file} ${line}`);
});

forEachDatabase('messages go for good when the reply has been written', async (_test, database) => {
  const { offlineMessages } = await testGrid(database);
  const handler = handlerIn(offlineImRobust(offlineMessages, strictLog), 'offlineim');
  const ben = randomUuid();
  const post = async (form: Readonly<Record<string, string>>) =>
    handler(robustRequest('POST', '/offlineim', writeForm(Object.entries(form))));
  assert.equal(bodyText(await post({ METHOD: 'STORE', ToAgentID: ben, Message: 'hello' })), done);
  const reply = await post({ METHOD: 'GET', PrincipalID: ben });
  assert.match(bodyText(reply), /<Message>hello<\/Message>/);
  assert.ok(reply.sent);
  reply.sent();
  const after = await post({ METHOD: 'GET', PrincipalID: ben });
  assert.equal(bodyText(after), none);
  assert.equal(after.sent, undefined);
});

forEachDatabase('the offline message service answers', async (_test, database) => {
  const { offlineMessages, settings } = await testGrid(database);
  const ask = formClient(offlineImRobust(offlineMessages, strictLog), 'offlineim');
  const [ada, ben] = [parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201'), randomUuid()];
  const store = { METHOD: 'STORE', ToAgentID: ben, FromAgentID: ada, Message: 'x' };
  for (const bad of [
    { ToAgentID: 'x' },
    { FromAgentID: 'x' },
    { RegionID: 'x' },
    { Dialog: 'x' },
    { FromGroup: 'maybe' },
    { Position: '<1, 2>' },
    { Timestamp: '1.5' },
  ])
    assert.equal(await ask({ ...store, ...bad }), failed, JSON.stringify(bad));
  assert.match(await ask({ ...store, Dialog: '256' }), /<RESULT>False<\/RESULT><REASON>.+<\/REASON>/);
  await settings.write('offlineMessagesMax', '1');
  assert.equal(await ask(store), done);
  assert.equal(
    await ask(store),
    `${head}<RESULT>False</RESULT><REASON>Number of offline IMs has maxed out</REASON></ServerResponse>`,
  );
  assert.equal(await ask({ METHOD: 'DELETE', UserID: ada }), done);
  assert.equal(await ask({ METHOD: 'GET', PrincipalID: ben }), none);
  const noList = `${head}<RESULT>NULL</RESULT><REASON>Bad network data</REASON></ServerResponse>`;
  assert.equal(await ask({ METHOD: 'GET' }), noList);
  assert.equal(await ask({ METHOD: 'GET', PrincipalID: 'x' }), noList);
  for (const form of [{}, { METHOD: 'get', PrincipalID: ben }, { METHOD: 'DELETE' }])
    assert.equal(await ask(form), failed);
});

forEachDatabase('whatever was stored can be read again', async (_test, database) => {
  const { offlineMessages, settings } = await testGrid(database);
  await settings.write('offlineMessagesMax', '10000');
  const handler = handlerIn(offlineImRobust(offlineMessages, strictLog), 'offlineim');
  const ben = randomUuid();
  await answersGarbage({
    path: '/offlineim',
    handler: (request) => {
      const form = readForm(request.body);
      // Otherwise hardly any message would get past the check of its recipient.
      const to = form.text('METHOD') === 'STORE' ? `ToAgentID=${ben}&` : '';
      return handler({ ...request, body: Buffer.concat([Buffer.from(to), request.body]) });
    },
    methods: ['STORE', 'STORE', 'STORE', 'GET', 'DELETE'],
    fields: [
      ...['PrincipalID', 'UserID', 'ToAgentID', 'FromAgentID', 'FromAgentName', 'FromGroup', 'Dialog'],
      ...['SessionID', 'Message', 'BinaryBucket', 'Offline', 'EstateID', 'Position', 'RegionID', 'Timestamp'],
    ],
  });
  const reply = await handler(robustRequest('POST', '/offlineim', `METHOD=GET&PrincipalID=${ben}`));
  const list = readReply(bodyText(reply)).get('RESULT');
  assert.ok(list instanceof Map && list.size > 0);
  for (const message of list.values()) {
    assert.ok(message instanceof Map);
    for (const name of ['Dialog', 'Offline', 'EstateID', 'Timestamp'])
      assert.match(String(message.get(name)), /^\d+$/);
    for (const name of ['FromAgentID', 'SessionID', 'RegionID', 'ToAgentID'])
      assert.match(String(message.get(name)), /^[0-9a-f-]{36}$/);
    assert.match(String(message.get('FromGroup')), /^(True|False)$/);
    assert.match(String(message.get('Position')), /^<[^,]+, [^,]+, [^,]+>$/);
  }
});
