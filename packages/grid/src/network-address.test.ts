import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressNetwork, plainAddress } from './network-address.ts';

test('an address has one text, whichever socket it came through', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  assert.equal(plainAddress('2001:db8::1'), '2001:db8::1');
});

test('an IPv6 address stands for its prefix of 64 bits', () => {
  for (const address of ['2001:db8:0:7::1', '2001:DB8:0:7:ffff::', '2001:0db8:0000:0007:1:2:3:4'])
    assert.equal(addressNetwork(address), '2001:db8:0:7::/64');
  assert.notEqual(addressNetwork('2001:db8:0:8::1'), '2001:db8:0:7::/64');
  assert.equal(addressNetwork('::1'), '0:0:0:0::/64');
  assert.equal(addressNetwork('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64');
  assert.equal(addressNetwork('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(addressNetwork('no address'), 'no address');
});
