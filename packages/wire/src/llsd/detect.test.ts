import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectLlsdForm, readLlsd } from './detect.ts';
import { writeLlsdJson } from './json-writer.ts';
import type { LlsdValue } from './value.ts';
import { LlsdDate, LlsdError, LlsdReal, LlsdUri, LlsdUuid } from './value.ts';
import { zeroUuid } from '../uuid.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

test('the form is told from the first bytes', () => {
  const beginnings = [
    ['<? llsd/binary ?>\n', 'binary'],
    ['<?llsd/binary?>\n', 'binary'],
    ['<? LLSD/Binary ?>\n', 'binary'],
    ['<? llsd/notation ?>\n', 'notation'],
    ['<? LLSD/XML ?>\n<llsd>', 'xml'],
    ['<llsd>', 'xml'],
    ['\ufeff \n<?xml version="1.0"?>', 'xml'],
    ['{\0\0\0\x01k', 'binary'],
    ['[\0\0\0\x01i', 'binary'],
    ["{'a':i1}", 'notation'],
    ['{ "a":1}', 'notation'],
    ["[\n'a']", 'notation'],
    ['i1', 'notation'],
    ['<html>', undefined],
    ['LLSD', undefined],
    ['', undefined],
  ] as const;
  for (const [text, form] of beginnings)
    assert.equal(detectLlsdForm(bytes(text)), form, JSON.stringify(text));
});

test('JSON only where it is expected', () => {
  assert.equal(detectLlsdForm(bytes('{"a":1}'), { json: true }), 'json');
  assert.equal(detectLlsdForm(bytes('{\0\0\0\0}'), { json: true }), 'binary');
  assert.equal(detectLlsdForm(bytes('<llsd>'), { json: true }), 'xml');
});

test('each form is read, others are refused', () => {
  assert.equal(readLlsd(bytes('<llsd><integer>1</integer></llsd>')), 1);
  assert.equal(readLlsd(bytes(' i1')), 1);
  assert.deepEqual(readLlsd(bytes('[\0\0\0\x01!]')), [undefined]);
  assert.throws(() => readLlsd(bytes('<html/>')), LlsdError);
  assert.throws(() => readLlsd(Uint8Array.of(0x3c, 0x6c, 0x6c, 0x73, 0x64, 0xff)), /UTF-8/);
});

test('JSON has strings for ids, dates and addresses, numbers for bytes, null for undefined', () => {
  const value = new Map<string, LlsdValue>([
    ['a"b', undefined],
    ['real', new LlsdReal(1)],
    ['nan', new LlsdReal(NaN)],
    ['large', new LlsdReal(1e300)],
    ['integer', 1],
    ['id', new LlsdUuid(zeroUuid)],
    ['date', new LlsdDate(0)],
    ['uri', new LlsdUri('http://x')],
    ['bytes', Uint8Array.of(0, 255)],
    ['none', new Uint8Array(0)],
    ['list', [true, [], new Map()]],
  ]);
  assert.equal(
    writeLlsdJson(value),
    '{"a\\"b":null,"real":1.0,"nan":null,"large":1e+300,"integer":1,"id":"00000000-0000-0000-0000-000000000000",' +
      '"date":"1970-01-01T00:00:00Z","uri":"http://x","bytes":[0,255],"none":[],"list":[true,[],{}]}',
  );
  assert.throws(() => writeLlsdJson(1.5), LlsdError);
});
