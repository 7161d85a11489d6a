import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseGridSlug } from '@gridkeep/hosting/tenants/grid';
import type { Grid } from '@gridkeep/hosting/tenants/grid';
import { randomUuid } from '@gridkeep/wire/uuid';
import { clientAddress } from './client-address.ts';
import { gridForHost, hostName } from './host-names.ts';
import { NetworkList } from './network-list.ts';
import { OnceAMinute } from './once-a-minute.ts';
import { RouteFinder } from './route-finder.ts';

test('networks of both families, single addresses too', () => {
  const list = new NetworkList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);
  for (const address of ['10.1.2.3', '192.0.2.7', '2001:db8:1::5', '::1'])
    assert.ok(list.has(address), address);
  for (const address of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'x', '::2'])
    assert.ok(!list.has(address), address);
  assert.equal(new NetworkList([]).has('10.0.0.1'), false);
});

test('only trusted proxies say who the client is, and only of the last hop that is not theirs', () => {
  const proxies = new NetworkList(['127.0.0.1', '10.0.0.0/8']);
  for (const [peer, header, expected] of [
    ['192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['127.0.0.1', 'evil, 198.51.100.7, 10.1.1.1', '198.51.100.7'],
    ['127.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['127.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
    ['127.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['127.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['127.0.0.1', 'unknown', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.7, unknown', '127.0.0.1'],
  ] as const)
    assert.equal(clientAddress(peer, header, proxies), expected, `${peer} ${header}`);
  fc.assert(
    fc.property(fc.string(), (header) => clientAddress('192.0.2.1', header, proxies) === '192.0.2.1'),
  );
});

test('a Host header is a name, with or without a port', () => {
  for (const [header, expected] of [
    ['Grid.Example.org:8002', 'grid.example.org'],
    ['grid.example.org.', 'grid.example.org'],
    ['[2001:db8::1]:8002', '2001:db8::1'],
    ['[', ''],
    ['', ''],
    [undefined, ''],
  ] as const)
    assert.equal(hostName(header), expected, String(header));
});

test('the only grid answers for every name, one of several only for its own', () => {
  const grid = (slug: string): Grid => ({
    ...{ id: randomUuid(), slug: parseGridSlug(slug), name: slug, hostnames: [`${slug}.example.org`] },
    ...{ createdAt: 0, quotaBytes: 0, timeZone: 'UTC' },
  });
  const [one, two] = [grid('one'), grid('two')];
  assert.equal(gridForHost([one], 'anything'), one);
  assert.equal(gridForHost([one, two], 'TWO.example.org:8002'), two);
  assert.equal(gridForHost([one, two], 'anything'), undefined);
  assert.equal(gridForHost([one, two], undefined), undefined);
  assert.equal(gridForHost([], 'one.example.org'), undefined);
});

test('a route is found by its first part, or by how that begins', () => {
  const reply = { status: 200, contentType: 'text/plain', body: new Uint8Array(0) };
  const handlers = new Map(['map', 'map-*', 'assets'].map((key) => [key, () => reply] as const));
  const finder = new RouteFinder(handlers);
  assert.equal(finder.find('/assets/x/data'), handlers.get('assets'));
  assert.equal(finder.find('/assets'), handlers.get('assets'));
  assert.equal(finder.find('/map'), handlers.get('map'));
  assert.equal(finder.find('/map-1-1000-1000-objects.jpg'), handlers.get('map-*'));
  for (const path of ['/', '', '/assetsx', '/mapx', '/x/assets', '/__proto__'])
    assert.equal(finder.find(path), undefined, path);
});

test('of one kind, once a minute', () => {
  let now = 0;
  const once = new OnceAMinute(() => now);
  assert.deepEqual([once.first('a'), once.first('a'), once.first('b')], [true, false, true]);
  now = 60_000;
  assert.equal(once.first('a'), true);
});
