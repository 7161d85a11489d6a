import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { canonicalObject } from './canonical-object.ts';
import { diffCanonical } from './canonical-value.ts';
import { decodeDocument } from './document-text.ts';
import { moveObject } from './object-edits.ts';
import type { Elements } from './test-support/object-xml.ts';
import { itemXml, originalObject, ownerId, partId, xml2Object } from './test-support/object-xml.ts';
import { objectEntries, samples } from './test-support/samples.ts';

function paths(a: string, b: string): readonly string[] {
  return diffCanonical(canonicalObject(a), canonicalObject(b)).map(({ path }) => path);
}

test('ways of writing the same thing are equal', () => {
  const other: Elements = {
    LocalId: '<LocalId>7</LocalId>',
    Name: '<Name><![CDATA[Box]]></Name>',
    GroupPosition: '<GroupPosition>\n<x>1.28E2</x><y>64.50</y><z>+25</z></GroupPosition>',
    RotationOffset: '<RotationOffset><W>1</W><Z>0</Z><Y>0</Y><X>-0</X></RotationOffset>',
    OwnerID: `<OwnerID><Guid>${ownerId.toUpperCase()}</Guid></OwnerID>`,
    Flags: '<Flags>0</Flags>',
    MediaUrl: '<MediaUrl></MediaUrl>',
    Friction: '<Friction>0.6</Friction>',
  };
  assert.deepEqual(paths(xml2Object(), xml2Object(other)), []);
  assert.deepEqual(paths(xml2Object(), originalObject()), []);
});

test('what differs is named', () => {
  const changed: Elements = {
    Name: '<Name>Ball</Name>',
    Scale: '<Scale><X>0.5</X><Y>0.75</Y><Z>0.5</Z></Scale>',
    Flags: '<Flags>Phantom</Flags>',
    New: '<New a="1"><Deep>x</Deep></New>',
  };
  assert.deepEqual(paths(xml2Object(), xml2Object(changed)), [
    'linksets/0/parts/0/Flags',
    'linksets/0/parts/0/Name',
    'linksets/0/parts/0/Scale/1',
    'linksets/0/parts/0/New',
  ]);
  assert.deepEqual(paths(xml2Object(), xml2Object({}, '<KeyframeMotion>AAAA</KeyframeMotion>')), [
    'linksets/0/KeyframeMotion',
  ]);
});

test('items are compared by id, in any order', () => {
  const items = (...list: readonly string[]): Elements => ({
    TaskInventory: `<TaskInventory>${list.join('')}</TaskInventory>`,
  });
  const a = itemXml(ownerId);
  const b = itemXml(partId);
  assert.deepEqual(paths(xml2Object(items(a, b)), xml2Object(items(b, a))), []);
  assert.deepEqual(paths(xml2Object(items(a)), xml2Object(items(a, b))), [
    `linksets/0/parts/0/TaskInventory/${partId}`,
  ]);
});

test('values that nobody can read are compared as text', () => {
  const odd = (value: string): string => xml2Object({ BaseMask: `<BaseMask>${value}</BaseMask>` });
  assert.deepEqual(paths(odd('x'), odd(' x ')), []);
  assert.deepEqual(paths(odd('x'), odd('y')), ['linksets/0/parts/0/BaseMask']);
});

test('the list of differences is limited', () => {
  const many = (value: number): string =>
    xml2Object({
      Many: Array.from({ length: 500 }, (_, index) => `<E${index}>${value}</E${index}>`).join(''),
    });
  assert.equal(diffCanonical(canonicalObject(many(1)), canonicalObject(many(2))).length, 100);
  assert.equal(diffCanonical(canonicalObject(many(1)), canonicalObject(many(2)), 7).length, 7);
});

test('each real object equals itself laid out anew, and no moved one', { skip: missing('fixtures') }, () => {
  for (const { name, bytes } of samples(objectEntries)) {
    if (bytes.length > 100_000) continue;
    const text = decodeDocument(bytes).text;
    const laidOut = text.replaceAll(/>(?=<(?!\/))/g, '>\n  ');
    assert.deepEqual(paths(text, laidOut), [], name);
    assert.ok(
      paths(text, moveObject(text, { x: 8, y: 0, z: 0 })).every((path) => path.endsWith('GroupPosition/0')),
    );
    assert.notDeepEqual(paths(text, moveObject(text, { x: 8, y: 0, z: 0 })), []);
  }
});
