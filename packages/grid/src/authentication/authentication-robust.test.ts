import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedText, recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { createResident } from '../residents.ts';
import type { RobustHandler } from '../robust-http.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { authenticationRobust } from './authentication-robust.ts';

const success = '<?xml version="1.0"?>\n<ServerResponse>\n  <Result>Success</Result>\n</ServerResponse>';
const failure = success.replace('Success', 'Failure');
const password = 'correct horse';
const md5 = createHash('md5').update(password).digest('hex');

function handlerOf(grid: TestGrid): RobustHandler {
  const handler = authenticationRobust({ ...grid, log: strictLog }).get('auth');
  assert.ok(handler);
  return handler;
}

async function ask(handler: RobustHandler, body: string): Promise<string> {
  const reply = await handler(robustRequest('POST', '/auth/plain', body));
  assert.equal(reply.status, 200);
  return bodyText(reply);
}

function tokenOf(reply: string): string {
  const token = /<Token>([0-9a-f-]{36})<\/Token>/.exec(reply)?.[1];
  assert.ok(token, reply);
  return token;
}

forEachDatabase('recorded logins of archives are answered alike', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const grid = await testGrid(database);
  const handler = handlerOf(grid);
  const [right] = recordedTexts('41-save-iar-rich', '/auth/plain');
  const wrong = recordedText('42-save-iar-options', 15);
  assert.ok(right);
  const fields = new URLSearchParams(right.sent);
  await grid.authentication.setPasswordMd5(
    parseUuid(fields.get('PRINCIPAL') ?? ''),
    fields.get('PASSWORD') ?? '',
  );
  const withoutToken = (text: string) => text.replace(tokenOf(text), 'token');
  assert.equal(withoutToken(await ask(handler, right.sent)), withoutToken(right.received));
  assert.equal(await ask(handler, wrong.sent), wrong.received);
});

forEachDatabase('a token is good for its principal until it is released', async (_test, database) => {
  const grid = await testGrid(database);
  const handler = handlerOf(grid);
  const id = randomUuid();
  await grid.authentication.setPassword(id, password);
  const authenticate = `METHOD=authenticate&PRINCIPAL=${id}&PASSWORD=${md5}`;
  const token = tokenOf(await ask(handler, authenticate));
  assert.notEqual(tokenOf(await ask(handler, authenticate)), token);
  const with_ = (method: string, principal: string, given: string) =>
    ask(handler, `METHOD=${method}&PRINCIPAL=${principal}&TOKEN=${given}&LIFETIME=5`);
  assert.equal(await with_('verify', id, token), success);
  assert.equal(await with_('verify', randomUuid(), token), failure);
  assert.equal(await with_('verify', id, randomUuid()), failure);
  assert.equal(await with_('verify', id, 'nonsense'), failure);
  assert.equal(await with_('release', randomUuid(), token), failure);
  assert.equal(await with_('release', id, token), success);
  assert.equal(await with_('release', id, token), failure);
  assert.equal(await with_('verify', id, token), failure);
  const short = tokenOf(await ask(handler, `${authenticate}&LIFETIME=0`));
  assert.equal(await with_('verify', id, short), failure, 'it was valid for no time at all');
  for (const bad of [
    authenticate.replace(md5, password.replace(' ', '+')),
    authenticate.replace(id, randomUuid()),
    authenticate.replace(id, 'nonsense'),
    `METHOD=authenticate&PRINCIPAL=${id}`,
    `${authenticate}&LIFETIME=soon`,
    authenticate.replace(id, '6571e388-6218-4574-87db-f9379718315e'),
  ])
    assert.equal(await ask(handler, bad), failure, bad);
  const kept = tokenOf(await ask(handler, authenticate));
  await grid.authentication.setPassword(id, 'another horse');
  assert.equal(await with_('verify', id, kept), failure, 'the password it was given for is no more');
  assert.equal(await ask(handler, authenticate), failure);
});

forEachDatabase(
  'simulators set passwords only where they may, and never see a hash',
  async (_test, database) => {
    const grid = await testGrid(database);
    const handler = handlerOf(grid);
    const { id } = await createResident(grid, { firstName: 'Ada', lastName: 'Bell', password });
    const set = `METHOD=setpassword&PRINCIPAL=${id}&PASSWORD=new+password`;
    assert.equal(await ask(handler, set), failure);
    assert.equal(await grid.authentication.verify(id, password), true);
    await grid.settings.write('regionsSetPasswords', 'true');
    assert.equal(await ask(handler, set.replace('new+password', 'short')), failure);
    assert.equal(await ask(handler, set.replace(id, randomUuid())), failure);
    assert.equal(await ask(handler, set), success);
    assert.equal(await grid.authentication.verify(id, password), false);
    assert.equal(await grid.authentication.verify(id, 'new password'), true);
    assert.equal(await ask(handler, `METHOD=getauthinfo&PRINCIPAL=${id}`), failure);
    assert.equal(
      await ask(handler, `METHOD=setauthinfo&PRINCIPAL=${id}&PasswordHash=${md5}&PasswordSalt=`),
      failure,
    );
  },
);

forEachDatabase('other paths are not there, and crypt is empty', async (_test, database) => {
  const handler = handlerOf(await testGrid(database));
  const status = async (method: string, path: string) => {
    const reply = await handler(robustRequest(method, path, 'METHOD=authenticate'));
    return [reply.status, bodyText(reply)];
  };
  assert.deepEqual(await status('POST', '/auth/crypt'), [200, '']);
  assert.deepEqual(await status('POST', '//auth//plain/'), [200, failure]);
  for (const path of ['/auth', '/auth/other', '/auth/plain/more'])
    assert.deepEqual(await status('POST', path), [404, '']);
  assert.deepEqual(await status('GET', '/auth/plain'), [404, '']);
});

forEachDatabase('authentication answers whatever is sent', async (_test, database) => {
  const grid = await testGrid(database);
  await grid.settings.write('regionsSetPasswords', 'true');
  const { id } = await createResident(grid, { firstName: 'Ada', lastName: 'Bell', password });
  await answersGarbage({
    ...{ path: '/auth/plain', handler: handlerOf(grid), runs: 150 },
    methods: ['authenticate', 'verify', 'release', 'setpassword', 'getauthinfo', 'setauthinfo'],
    fields: ['PRINCIPAL', 'PASSWORD', 'TOKEN', 'LIFETIME'],
    values: [id, md5, password],
  });
});
