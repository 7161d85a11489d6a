import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUuid } from '../uuid.ts';
import { readLlsdNotation as read } from './notation-reader.ts';
import { writeLlsdNotation as write } from './notation-writer.ts';
import type { LlsdValue } from './value.ts';
import { LlsdDate, LlsdError, LlsdReal, LlsdUri, LlsdUuid, isLlsdMap } from './value.ts';

const refuses = (text: string | Uint8Array, message = /./) =>
  assert.throws(
    () => read(text),
    (error) => error instanceof LlsdError && message.test(error.message),
    String(text),
  );

test('the example of the format', () => {
  const value = read(
    "<? llsd/notation ?>\n{'type':'daycycle','name':'Quiet day','frames':{'w':{'type':'water'," +
      "'normal_map':u822ded49-9a6c-f61c-cb89-6df54f42cdf4,'wave1_direction':[r1.05,r-0.42]}}," +
      "'tracks':[[{'key_keyframe':r0,'key_name':'w'}],[],[],[],[]]}",
  );
  const water = new Map<string, LlsdValue>([
    ['type', 'water'],
    ['normal_map', new LlsdUuid(parseUuid('822ded49-9a6c-f61c-cb89-6df54f42cdf4'))],
    ['wave1_direction', [new LlsdReal(1.05), new LlsdReal(-0.42)]],
  ]);
  assert.ok(isLlsdMap(value));
  assert.deepEqual(value.get('frames'), new Map([['w', water]]));
});

test('every spelling of a boolean', () => {
  assert.deepEqual(read('[1,t,T,true,TRUE]'), Array(5).fill(true));
  assert.deepEqual(read('[0,f,F,false,FALSE]'), Array(5).fill(false));
  refuses('[True]');
  refuses('truth');
});

test('numbers', () => {
  assert.deepEqual(read('[i-12,i0,i+5,i2147483647]'), [-12, 0, 5, 2147483647]);
  assert.deepEqual(
    read('[r0.5,r1,r-1e-3,rnan]'),
    [0.5, 1, -0.001, NaN].map((any) => new LlsdReal(any)),
  );
  for (const text of [
    'i',
    'ix',
    'i2147483648',
    'i1.5',
    'r',
    'r-',
    'rinf',
    'r1e999',
    `i${'1'.repeat(100_000)}`,
  ])
    refuses(text);
});

test('strings: both quotes, with a length in bytes, and raw line breaks', () => {
  assert.deepEqual(read(`['a"b',"a'b",'a\nb',s(3)"x"y",s(2)'é']`), ['a"b', "a'b", 'a\nb', 'x"y', 'é']);
  refuses('s(3)"ab"', /length says/);
  refuses('s(4294967295)"ab"', /length says/);
  refuses('s(2)ab', /no \(length\)/);
});

test('escapes', () => {
  assert.equal(read(String.raw`'\\ \' \" \a\b\f\n\r\t\v \x41 \q'`), '\\ \' " \x07\b\f\n\r\t\v A q');
  refuses(String.raw`'\x4'`, /hexadecimal/);
  refuses(String.raw`'\xzz'`, /hexadecimal/);
});

test('hexadecimal escapes are bytes, and UTF-8 only then', () => {
  assert.equal(read(String.raw`'caf\xc3\xa9 é'`), 'café é');
  refuses(String.raw`'\xc3'`, /UTF-8/);
});

test('an unterminated quote is refused', () => {
  for (const text of ["'", "'abc", '"abc', String.raw`'abc\'`, "{'a", "l'", 'd"', 'b64"']) refuses(text);
});

test('binary in three spellings', () => {
  assert.deepEqual(read('[b64"AQID",b16"010aFf",b(3)"\x01"\x03"]'), [
    Uint8Array.of(1, 2, 3),
    Uint8Array.of(1, 10, 255),
    Uint8Array.of(1, 34, 3),
  ]);
  for (const text of ['b64"AQI"', 'b16"123"', 'b16"xx"', 'b32"AA"', 'b(9)"a"', 'b"a"']) refuses(text);
});

test('dates and addresses', () => {
  assert.deepEqual(read('d"2026-01-02T03:04:05Z"'), new LlsdDate(1767323045));
  assert.deepEqual(read('l"http://example.org/"'), new LlsdUri('http://example.org/'));
  refuses('d"today"', /date/);
  refuses('u822ded49-9a6c-f61c-cb89', /UUID/);
});

test('commas are white space between members, as in viewers', () => {
  assert.deepEqual(read('[ i1 i2,,i3, ]'), [1, 2, 3]);
  assert.deepEqual(
    read("{ 'a' : i1 \n 'b':i2, }"),
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
  );
});

test('maps and arrays that do not hold together are refused', () => {
  for (const text of [
    '',
    ' ',
    '{',
    '[',
    "{'a'}",
    "{'a':}",
    "{'a' i1}",
    '{i1:i2}',
    '[i1',
    ']',
    '}',
    '[i1}',
    'i1 i2',
    '!!',
  ])
    refuses(text);
});

test('the later duplicate wins', () => {
  assert.deepEqual(read("{'a':i1,'a':i2}"), new Map([['a', 2]]));
});

test('the header is optional and its case does not matter', () => {
  for (const header of [
    '',
    '<? llsd/notation ?>\n',
    '<? LLSD/Notation ?>\r\n',
    '\ufeff<? llsd/notation ?>',
    '<?llsd/notation?>',
  ])
    assert.equal(read(`${header}i1`), 1, header);
});

test('depth is refused without using the call stack up', () => {
  refuses('['.repeat(1_000_000), /deeper than the 96/);
});

test('written for both readers: exact header, commas, b64, raw UTF-8, escaped quotes', () => {
  const text = write(
    new Map<string, LlsdValue>([
      ["it's", 'é "\\\n\x01'],
      ['b', Uint8Array.of(1, 2, 3)],
      ['l', new LlsdUri('http://x/"y"')],
      ['a', [true, false, undefined, -1, new LlsdReal(1)]],
    ]),
  );
  assert.equal(text.indexOf('\n'), 19);
  assert.equal(
    text,
    String.raw`<? llsd/notation ?>
{'it\'s':'é "\\\n\x01','b':b64"AQID','l':l"http://x/\"y\"",'a':[1,0,!,i-1,r1]}`.replace(`AQID'`, `AQID"`),
  );
});
