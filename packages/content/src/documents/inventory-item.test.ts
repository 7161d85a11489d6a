import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import type { InventoryItem } from './inventory-item.ts';
import { creatorOf, ospaName, parseInventoryItem, writeInventoryItem } from './inventory-item.ts';
import { assertSurvivesDamage } from './test-support/damage.ts';
import { samples } from './test-support/samples.ts';

const itemName = /^inventory\/.*\.xml$/;

test(
  'all real items are written again, byte for byte where they are ASCII',
  { skip: missing('fixtures') },
  () => {
    let exact = 0;
    for (const { archive, name, bytes } of samples(itemName)) {
      const { item, findings } = parseInventoryItem(bytes);
      assert.deepEqual(findings, [], name);
      const written = writeInventoryItem(item);
      assert.deepEqual(parseInventoryItem(written).item, item);
      if (archive === 'baseline.iar' || /[^\0-\x7f]/.test(bytes.toString())) continue;
      assert.equal(Buffer.from(written).toString(), bytes.toString(), name);
      exact += 1;
    }
    assert.ok(exact > 90, `${exact} items`);
  },
);

const id = parseUuid('5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01');

const item: InventoryItem = {
  id,
  name: 'Thing',
  description: '',
  creatorText: ospaName('Ada', 'Viewer'),
  creatorData: undefined,
  creatorIdText: undefined,
  owner: id,
  assetId: id,
  assetType: 7,
  invType: 7,
  basePermissions: 647168,
  currentPermissions: 647168,
  everyonePermissions: 0,
  nextPermissions: 581632,
  flags: 0,
  saleType: 0,
  salePrice: 0,
  groupId: zeroUuid,
  groupOwned: false,
  creationDate: 1760000000,
};

test('accents survive a loader that decodes ASCII', () => {
  const bytes = writeInventoryItem({ ...item, name: 'Été 🌊 & <co>' });
  const asAscii = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\x80-\xff]/g, '?');
  assert.equal(parseInventoryItem(Buffer.from(asAscii)).item.name, 'Été 🌊 & <co>');
});

function withValue(name: string, value: string): ReturnType<typeof parseInventoryItem> {
  const text = Buffer.from(writeInventoryItem(item)).toString();
  return parseInventoryItem(Buffer.from(text.replace(new RegExp(`<${name}>[^<]*`), `<${name}>${value}`)));
}

test('masks beyond 31 bits are kept, reported, and written so that a simulator keeps them too', () => {
  const { item: read, findings } = withValue('BasePermissions', '4294967295');
  assert.equal(read.basePermissions, 0xffff_ffff);
  assert.equal(findings[0]?.field, 'BasePermissions');
  const written = writeInventoryItem(read);
  assert.match(Buffer.from(written).toString(), /<BasePermissions>-1</);
  assert.equal(parseInventoryItem(written).item.basePermissions, 0xffff_ffff);
});

test('the three ways to name a creator', () => {
  assert.deepEqual(creatorOf(item), { id: undefined, name: 'Ada Viewer' });
  assert.deepEqual(creatorOf({ ...item, creatorText: '' }), { id: undefined, name: undefined });
  assert.deepEqual(creatorOf({ ...item, creatorText: id }), { id, name: undefined });
  assert.deepEqual(creatorOf({ ...item, creatorIdText: id }), { id, name: undefined });
});

test('links are no references', () => {
  assert.equal(parseInventoryItem(writeInventoryItem(item)).references.length, 1);
  assert.deepEqual(parseInventoryItem(writeInventoryItem({ ...item, assetType: 24 })).references, []);
});

test('bad values are findings, other documents are refused', () => {
  assert.equal(withValue('SalePrice', 'dear').findings[0]?.field, 'SalePrice');
  assert.throws(() => parseInventoryItem(Buffer.from('<LandData/>')), { name: 'DocumentError', rule: 'I1' });
  const broken = parseInventoryItem(
    Buffer.concat([
      Buffer.from('<InventoryItem><Name>a'),
      Buffer.from([0xe9]),
      Buffer.from('</Name></InventoryItem>'),
    ]),
  );
  assert.equal(broken.item.name, 'a\ufffd');
  assert.equal(broken.findings.length, 1);
});

test('any item reads back', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 64 });
  const any = fc.record({
    name: text,
    description: text,
    creatorData: fc.option(text, { nil: undefined }),
    assetType: fc.integer({ min: -2, max: 60 }),
    basePermissions: fc.nat(0xffff_ffff),
    flags: fc.nat(0xffff_ffff),
    salePrice: fc.integer(),
    groupOwned: fc.boolean(),
  });
  fc.assert(
    fc.property(any, (part) => {
      const whole = { ...item, ...part };
      assert.deepEqual(parseInventoryItem(writeInventoryItem(whole)).item, whole);
    }),
    { numRuns: 200 },
  );
});

test('damaged items throw nothing but a DocumentError', () => {
  assertSurvivesDamage([writeInventoryItem(item)], parseInventoryItem, 500);
});
