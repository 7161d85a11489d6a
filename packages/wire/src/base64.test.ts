import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from './base64.ts';

test('bytes survive', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
    }),
  );
});

test('white space is allowed anywhere', () => {
  assert.deepEqual(decodeBase64('\n AQ\r\nID\t'), Uint8Array.of(1, 2, 3));
  assert.deepEqual(decodeBase64(''), new Uint8Array(0));
});

test('what is not base64 is refused, not skipped', () => {
  for (const text of ['A', 'AQ', 'AQI', 'AQ=I', 'AQID!AQI', 'AQ-_', 'AQI\u0144', '====', 'A===', 'AQ==AQID'])
    assert.equal(decodeBase64(text), undefined, text);
});

test('exactly the texts that the alphabet and the padding allow are taken', () => {
  const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const unit = fc.constantFrom(...'ABz09+/', '=', '-', '_', '!', '.', '\x7f', 'é', 'ń', 'A', 'Q', 'w', 'g');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      assert.equal(decodeBase64(text) !== undefined, strict.test(text));
    }),
    { numRuns: 2000 },
  );
});
