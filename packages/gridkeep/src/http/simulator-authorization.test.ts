import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGridSlug } from '@gridkeep/hosting/tenants/grid';
import type { Simulator } from '@gridkeep/hosting/tenants/simulators';
import { parseBasic, SimulatorAuthorization } from './simulator-authorization.ts';

const simulator: Simulator = { name: 'sim', grid: parseGridSlug('main'), createdAt: 0 };

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function credentials(secret: string) {
  const listeners: (() => void)[] = [];
  return {
    lookups: 0,
    valid: true,
    authenticate(name: string, given: string): Promise<Simulator | undefined> {
      this.lookups += 1;
      return Promise.resolve(this.valid && name === 'sim' && given === secret ? simulator : undefined);
    },
    onRevoked: (listener: () => void) => void listeners.push(listener),
    revoke(): void {
      this.valid = false;
      for (const listener of listeners) listener();
    },
  };
}

test('a header is split at the first colon', () => {
  assert.deepEqual(parseBasic(basic('a:b:c')), { name: 'a', secret: 'b:c' });
  assert.deepEqual(parseBasic(`bAsIc   ${Buffer.from('a:').toString('base64')}`), { name: 'a', secret: '' });
  for (const header of [
    '',
    'Basic',
    'Basic ',
    'Basic !!',
    basic('no colon'),
    'Bearer YTpi',
    'Basic YTpi YTpi',
  ])
    assert.equal(parseBasic(header), undefined, header);
});

test('a right header is looked up once, a wrong one every time', async () => {
  const store = credentials('right');
  const authorization = new SimulatorAuthorization(store);
  assert.equal(await authorization.check(basic('sim:right')), simulator);
  assert.equal(authorization.check(basic('sim:right')), simulator);
  assert.equal(store.lookups, 1);
  assert.equal(await authorization.check(basic('sim:wrong')), undefined);
  assert.equal(await authorization.check(basic('sim:wrong')), undefined);
  assert.equal(store.lookups, 3);
});

test('no header and an endless one cost no lookup', () => {
  const store = credentials('right');
  const authorization = new SimulatorAuthorization(store);
  assert.equal(authorization.check(undefined), undefined);
  assert.equal(authorization.check(basic(`sim:${'x'.repeat(1000)}`)), undefined);
  assert.equal(store.lookups, 0);
});

test('a revocation is felt at once, also by a lookup that was under way', async () => {
  const store = credentials('right');
  const authorization = new SimulatorAuthorization(store);
  await authorization.check(basic('sim:right'));
  const underWay = new SimulatorAuthorization(store);
  const answer = underWay.check(basic('sim:right'));
  store.revoke();
  await answer;
  assert.equal(await authorization.check(basic('sim:right')), undefined);
  assert.equal(await underWay.check(basic('sim:right')), undefined);
});

test('what is remembered runs out', async () => {
  let now = 0;
  const store = credentials('right');
  const authorization = new SimulatorAuthorization(store, () => now);
  await authorization.check(basic('sim:right'));
  now = 29_999;
  assert.equal(authorization.check(basic('sim:right')), simulator);
  now = 30_001;
  await authorization.check(basic('sim:right'));
  assert.equal(store.lookups, 2);
});
