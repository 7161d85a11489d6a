import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { goString } from './go-json.ts';
import {
  compareNodeNames,
  escapeNodeName,
  isNodeName,
  nodeNameBytes,
  nodeNameFromBytes,
  unescapeNodeName,
} from './node-names.ts';

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 16 }).map((text) => Buffer.from(text)),
);

test('escapes the names of a real repository as restic did', { skip: missing('fixtures') }, () => {
  for (const { nodeName, rawBytes } of resticVectors().nodeNames) {
    const name = nodeNameFromBytes(Buffer.from(rawBytes, 'hex'));
    assert.equal(escapeNodeName(name), nodeName);
    assert.equal(unescapeNodeName(nodeName), name);
    assert.equal(nodeNameBytes(name).toString('hex'), rawBytes);
  }
});

test('all bytes go both ways, as names and through the escapes', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const name = nodeNameFromBytes(bytes);
      assert.deepEqual(nodeNameBytes(name), Buffer.from(bytes));
      const escaped = escapeNodeName(name);
      assert.ok(escaped.isWellFormed());
      assert.equal(unescapeNodeName(escaped), name);
    }),
    { numRuns: 500 },
  );
});

test('sorts as the bytes do', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      const order = compareNodeNames(nodeNameFromBytes(a), nodeNameFromBytes(b));
      assert.equal(order, Buffer.compare(a, b));
    }),
    { numRuns: 500 },
  );
  assert.ok(compareNodeNames('\uff61', '\u{1f600}') < 0);
});

test('bytes that together are a character are written as the character', () => {
  assert.equal(escapeNodeName('\udcc3\udca9'), 'é');
  assert.equal(unescapeNodeName('\\xc3\\xa9'), 'é');
});

test('reads every escape of Go and refuses all others', () => {
  assert.equal(unescapeNodeName('\\a\\b\\f\\n\\r\\t\\v\\\\\\"'), '\x07\b\f\n\r\t\v\\"');
  assert.equal(unescapeNodeName('\\101\\u00e9\\U0001f600'), 'Aé😀');
  assert.equal(unescapeNodeName('\ud800'), '\ufffd');
  const bad = [
    "\\'",
    '\\',
    'a\\',
    '\\q',
    '\\x1',
    '\\u12',
    '\\ud800',
    '\\U00110000',
    '\\400',
    '\\8',
    'a"b',
    'a\nb',
    '\\n\n',
  ];
  for (const name of bad) assert.throws(() => unescapeNodeName(name), { name: 'FormatError' }, name);
});

test('knows what can be an entry of a folder', () => {
  for (const name of ['a', '...', 'ä ö', '\udcff', 'a\\b', 'x'.repeat(4096)])
    assert.ok(isNodeName(name), name);
  for (const name of [
    '',
    '.',
    '..',
    'a/b',
    '/',
    'a\0',
    '\ud800',
    '\udc00',
    'x'.repeat(4097),
    'ä'.repeat(2049),
  ]) {
    assert.ok(!isNodeName(name), name);
  }
});

test('writes JSON strings as Go does', () => {
  assert.equal(
    goString('a<b>&"\\\n\u2028\x01\x7fé\ud83d\ude00'),
    '"a\\u003cb\\u003e\\u0026\\"\\\\\\n\\u2028\\u0001\x7fé😀"',
  );
  assert.equal(goString('caf\udce9'), '"caf\\ufffd"');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(JSON.parse(goString(text)), text);
    }),
  );
});
