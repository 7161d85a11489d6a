import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnAddress } from './own-address.ts';
import { PublicAddress } from './settings/public-address.ts';
import { standardSettings } from './settings/setting-texts.ts';

test('the grid knows its own addresses, in whatever spelling', async () => {
  const settings = { read: () => ({ ...standardSettings, gatekeeperAliases: ['old.example.org:8002'] }) };
  const own = new OwnAddress(settings, new PublicAddress(settings, () => 'http://127.0.0.1:8002/'));
  const { isOwn } = await own.read();
  for (const address of ['127.0.0.1:8002', 'http://127.0.0.1:8002/', 'hop://OLD.example.org:8002'])
    assert.ok(isOwn(address), address);
  for (const address of ['127.0.0.1', 'old.example.org', '', 'http://', 'other:8002'])
    assert.ok(!isOwn(address), address);
});
