import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import {
  folderSegment,
  formatInventoryPath,
  itemSegment,
  parseInventoryPath,
  parseSegment,
} from './inventory-names.ts';
import { parseInventoryItem } from './inventory-item.ts';
import { samples } from './test-support/samples.ts';

const id = parseUuid('5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01');

test('segments of real archives name their items', { skip: missing('fixtures') }, () => {
  for (const { name, bytes } of samples(/^inventory\/.*\.xml$/)) {
    const { item } = parseInventoryItem(bytes);
    const segment = parseSegment(name.slice(name.lastIndexOf('/') + 1));
    assert.deepEqual(segment, { name: item.name, id: item.id });
    assert.equal(itemSegment(item.name, item.id), name.slice(name.lastIndexOf('/') + 1));
  }
});

test('the last separator counts, and a segment without an id is all name', () => {
  assert.deepEqual(parseSegment(`a__b__${id}`), { name: 'a__b', id });
  assert.deepEqual(parseSegment('plain__folder'), { name: 'plain__folder', id: undefined });
  assert.deepEqual(parseSegment(`__${id}.xml`), { name: '', id });
});

test('any name survives its segment, which has no slash', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('../../x', '&#47;', '&amp;#47;', 'a__b')), (name) => {
      const segment = folderSegment(name, id);
      assert.equal(segment.includes('/'), false);
      assert.deepEqual(parseSegment(segment), { name, id });
      assert.deepEqual(parseSegment(itemSegment(name, id)), { name, id });
    }),
  );
});

test('paths as people type them', () => {
  assert.deepEqual(parseInventoryPath('/'), { names: [], contentsOnly: false });
  assert.deepEqual(parseInventoryPath('Objects/*'), { names: ['Objects'], contentsOnly: true });
  assert.deepEqual(parseInventoryPath('a\\/b//c\\\\'), { names: ['a/b', 'c\\'], contentsOnly: false });
  assert.throws(() => parseInventoryPath('x'.repeat(5000)), RangeError);
  assert.throws(() => parseInventoryPath('a/'.repeat(100)), RangeError);
});

test('written paths read back', () => {
  const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text !== '*');
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), fc.boolean(), (names, contentsOnly) => {
      assert.deepEqual(parseInventoryPath(formatInventoryPath({ names, contentsOnly })), {
        names,
        contentsOnly,
      });
    }),
  );
});
