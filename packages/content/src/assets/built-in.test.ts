import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBuiltIn, isStockTerrainTexture } from './built-in.ts';

test('what OpenSimulator leaves out is built in', () => {
  const grass = parseUuid('abb783e6-3e93-26c0-248a-247666855da3');
  assert.ok(isBuiltIn(grass));
  assert.ok(isStockTerrainTexture(grass));
  for (const id of [
    '11111111-1111-0000-0000-000100bba000',
    '42ecd00b-9947-a97c-400a-bbc9174c7aeb',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '968cbad0-4dad-d64e-71b5-72bf13ad051a',
  ].map(parseUuid)) {
    assert.ok(isBuiltIn(id), id);
    assert.ok(!isStockTerrainTexture(id), id);
  }
});

test('plywood and the zero id are not', () => {
  assert.ok(!isBuiltIn(parseUuid('89556747-24cb-43ed-920b-47caed15465f')));
  assert.ok(!isBuiltIn(zeroUuid));
});
