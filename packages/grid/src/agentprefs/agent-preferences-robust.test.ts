import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedText } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { RobustHandler } from '../robust-http.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { agentPreferencesRobust } from './agent-preferences-robust.ts';

const failure = '<?xml version="1.0"?>\n<ServerResponse>\n  <result>Failure</result>\n</ServerResponse>';

function handlerOf(grid: TestGrid): RobustHandler {
  const handler = agentPreferencesRobust(grid.agentPreferences, strictLog).get('agentprefs');
  assert.ok(handler);
  return handler;
}

async function ask(handler: RobustHandler, body: string): Promise<string> {
  const reply = await handler(robustRequest('POST', '/agentprefs', body));
  assert.equal(reply.status, 200);
  return bodyText(reply);
}

function document(fields: Readonly<Record<string, string>>): string {
  const members = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<?xml version="1.0"?><ServerResponse>${members.join('')}</ServerResponse>`;
}

forEachDatabase('preferences are those that a simulator stored', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const handler = handlerOf(await testGrid(database));
  const { sent, received } = recordedText('10-search-map-names', 14);
  assert.equal(await ask(handler, sent), failure, 'stored under the zero id they would be lost');
  const agent = randomUuid();
  assert.equal(await ask(handler, sent.replace(zeroUuid, agent)), received);
  const stored = {
    ...{ PrincipalID: agent, AccessPrefs: 'M', HoverHeight: '0.1', Language: 'en', LanguageIsPublic: 'True' },
    ...{ PermEveryone: '0', PermGroup: '0', PermNextOwner: '532480' },
  };
  assert.equal(await ask(handler, `METHOD=getagentprefs&UserID=${agent}`), document(stored));
});

forEachDatabase('who has chosen nothing has the standard, under the own id', async (_test, database) => {
  const handler = handlerOf(await testGrid(database));
  const agent = randomUuid();
  const standard = {
    ...{
      PrincipalID: agent,
      AccessPrefs: 'M',
      HoverHeight: '0',
      Language: 'en-us',
      LanguageIsPublic: 'True',
    },
    ...{ PermEveryone: '0', PermGroup: '0', PermNextOwner: '0' },
  };
  assert.equal(await ask(handler, `METHOD=getagentprefs&UserID=${agent}`), document(standard));
  const language = () => ask(handler, `METHOD=getagentlang&UserID=${agent}`);
  assert.equal(await language(), document({ Language: 'en-us' }));
  const set = `METHOD=setagentprefs&${new URLSearchParams({ ...standard, Language: 'fr', HoverHeight: '-1.25' })}`;
  assert.match(await ask(handler, set), /Success/);
  assert.equal(await language(), document({ Language: 'fr' }));
  assert.equal(
    await ask(handler, `METHOD=getagentprefs&UserID=${agent}`),
    document({ ...standard, Language: 'fr', HoverHeight: '-1.25' }),
  );
  assert.match(await ask(handler, set.replace('Public=True', 'Public=False')), /Success/);
  assert.equal(await language(), document({ Language: 'en-us' }), 'it is not public');
  for (const field of Object.keys(standard))
    assert.equal(await ask(handler, set.replace(`${field}=`, 'Other=')), failure, field);
  assert.equal(await ask(handler, set.replace('-1.25', 'high')), failure);
  assert.equal(await ask(handler, set.replace('PermGroup=0', 'PermGroup=4294967296')), failure);
  assert.equal(await ask(handler, 'METHOD=getagentprefs&UserID=x'), failure);
});

forEachDatabase('preferences answer whatever is sent', async (_test, database) => {
  const handler = handlerOf(await testGrid(database));
  await answersGarbage({
    ...{ path: '/agentprefs', handler, methods: ['getagentprefs', 'setagentprefs', 'getagentlang'] },
    fields: [
      ...['UserID', 'PrincipalID', 'AccessPrefs', 'HoverHeight', 'Language', 'LanguageIsPublic'],
      ...['PermEveryone', 'PermGroup', 'PermNextOwner'],
    ],
  });
});
