import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { LlsdUuid } from '@gridkeep/wire/llsd/value';
import type { XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import fc from 'fast-check';
import { loginWorld, passwordMd5 } from './test-support/login-world.ts';

forEachDatabase('LLSD: the same with types of its own', async (context, database) => {
  const world = await loginWorld(context, database);
  const { ada } = world;
  const reply = await world.loginLlsd();
  assert.equal(reply.get('login'), 'true');
  assert.deepEqual(reply.get('agent_id'), new LlsdUuid(ada.id));
  assert.equal(typeof reply.get('circuit_code'), 'number');
  const xmlRpcOnly = ['http_port', 'region_size_x', 'region_size_y', 'event_notifications', 'currency'];
  for (const name of xmlRpcOnly) assert.equal(reply.has(name), false, name);
  await world.leave(new Map());
  const other = await world.login();
  const expected = [...other.keys()].filter((name) => !xmlRpcOnly.includes(name));
  assert.deepEqual(new Set(reply.keys()), new Set(expected));
  const wrong = await world.loginLlsd({ passwd: '$1$00' });
  assert.deepEqual([wrong.get('login'), wrong.get('reason')], ['false', 'key']);
  for (const body of ['', 'nonsense', '<llsd><array /></llsd>', '<llsd><string>x</string></llsd>']) {
    const { status } = await world.wire.llsdLogin(Buffer.from(body), { address: '192.0.2.7' });
    assert.equal(status, 400, body);
  }
  assert.equal((await world.loginLlsd({ first: undefined })).get('reason'), 'key');
});

forEachDatabase('the login level can be set from outside, if that is allowed', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada } = world;
  const set = async (members: Record<string, XmlRpcValue> = {}) => {
    const method = world.wire.xmlRpc.get('set_login_level');
    const passwd = passwordMd5.slice(3);
    const all = { first: 'Ada', last: 'Lovelace', passwd, level: '50', ...members };
    return (await method?.(new Map(Object.entries(all)), { address: '192.0.2.7' }))?.get('success');
  };
  assert.equal(await set(), 'false');
  await grid.settings.write('remoteLoginLevel', 'true');
  assert.equal(await set(), 'false');
  await grid.accounts.update(ada.id, { level: 200 });
  assert.equal(await set({ passwd: 'wrong' }), 'false');
  assert.equal(await set({ level: 'high' }), 'false');
  assert.equal(await set({ level: '99999' }), 'false');
  assert.equal(await set(), true);
  assert.equal((await grid.settings.read()).minLoginLevel, 50);
});

const anyValue: fc.Arbitrary<XmlRpcValue> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.uuid(),
  fc.constantFrom('home', 'last', 'uri:Plaza&1&2&3', '$1$00', 'Ada', 'Lovelace', 'true', '', undefined),
  fc.constant([]),
  fc.constant(new Map()),
  fc.uint8Array({ maxLength: 8 }),
);
const memberNames = [
  ...['first', 'last', 'passwd', 'start', 'web_login_key', 'version', 'channel', 'mac', 'id0', 'level'],
  ...['agree_to_tos', 'options', 'scope_id', '__proto__'],
];

forEachDatabase('whatever a viewer sends, it gets an answer it can show', async (context, database) => {
  const world = await loginWorld(context, database);
  const struct = fc.dictionary(fc.constantFrom(...memberNames), anyValue);
  await fc.assert(
    fc.asyncProperty(struct, fc.ipV4(), async (members, address) => {
      const reply = await world.login(members, address);
      if (reply.get('login') === 'true') await world.leave(reply);
      else assert.equal(reply.get('login'), 'false');
      const set = world.wire.xmlRpc.get('set_login_level');
      assert.ok((await set?.(new Map(Object.entries(members)), { address }))?.has('success'));
    }),
    { numRuns: 100 },
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const body = Buffer.from(`<llsd><map><key>first</key><string>${text}</string></map></llsd>`);
      const { status } = await world.wire.llsdLogin(body, { address: '192.0.2.7' });
      assert.ok(status === 200 || status === 400);
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(world.errors, []);
});
