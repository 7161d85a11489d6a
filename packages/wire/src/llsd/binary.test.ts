import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { readLlsdBinary, readLlsdBinaryPrefix } from './binary-reader.ts';
import { writeLlsdBinary } from './binary-writer.ts';
import type { LlsdValue } from './value.ts';
import { LlsdDate, LlsdError, LlsdReal } from './value.ts';
import { readZippedLlsd } from './zipped.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const refuses = (bytes: Uint8Array, message: RegExp) =>
  assert.throws(
    () => readLlsdBinary(bytes),
    (error) => error instanceof LlsdError && message.test(error.message),
  );

test('the example of the format, byte for byte', () => {
  const bytes = hex('7B 00000002 6B 00000001 61 69 00000001 6B 00000002 6F6B 31 7D');
  const map = new Map<string, LlsdValue>([
    ['a', 1],
    ['ok', true],
  ]);
  assert.deepEqual(readLlsdBinary(bytes), map);
  assert.deepEqual(writeLlsdBinary(map), bytes);
});

test('dates are little-endian while integers and reals are big-endian', () => {
  assert.deepEqual(writeLlsdBinary(new LlsdReal(1)), hex('72 3FF0000000000000'));
  assert.deepEqual(writeLlsdBinary(new LlsdDate(1)), hex('64 000000000000F03F'));
  assert.deepEqual(readLlsdBinary(hex('64 000000000000F03F')), new LlsdDate(1));
  assert.deepEqual(readLlsdBinary(hex('69 FFFFFFFE')), -2);
});

test('all three headers are read, and the one of viewers is written', () => {
  for (const header of ['<? LLSD/Binary ?>\n', '<?llsd/binary?>\n', '<? llsd/binary ?>\r\n', ''])
    assert.equal(readLlsdBinary(Buffer.concat([ascii(header), ascii('1')])), true);
  assert.deepEqual(writeLlsdBinary(true, { header: true }), ascii('<? LLSD/Binary ?>\n1'));
});

test('strings and keys in quotes are read as viewers do', () => {
  assert.equal(readLlsdBinary(ascii('"a\\x41\\n"')), 'aA\n');
  assert.deepEqual(
    readLlsdBinary(Buffer.concat([ascii('{'), hex('00000001'), ascii("'k'!}")])),
    new Map([['k', undefined]]),
  );
  refuses(ascii('"abc'), /closing quote/);
});

test('a key has the tag of a key', () => {
  refuses(hex('7B 00000001 73 00000001 61 21 7D'), /where a key must stand/);
});

test('counts and lengths larger than the input are refused before anything is allocated', () => {
  refuses(hex('5B FFFFFFFF'), /too short/);
  refuses(hex('5B 00000003 21 21 5D 21').subarray(0, 7), /too short/);
  refuses(hex('7B 7FFFFFFF 6B'), /too short/);
  refuses(hex('7B 00000002 6B 00000000 21'), /too short|ends inside/);
  // Negative to those who read a signed length.
  refuses(hex('73 80000000 61'), /ends inside/);
  refuses(hex('62 FFFFFFFF 61'), /ends inside/);
  const many = Buffer.concat([hex('5B 00200000'), Buffer.alloc(0x200000, '!'), ascii(']')]);
  refuses(many, /more than allowed/);
});

test('brackets close, tags are known, strings are UTF-8', () => {
  refuses(hex('5B 00000001 21 7D'), /no '\]'/);
  refuses(hex('7B 00000000 5D'), /no '}'/);
  refuses(ascii('x'), /unknown tag "x"/);
  refuses(hex('73 00000002 C328'), /not UTF-8/);
  refuses(new Uint8Array(0), /ends inside/);
});

test('bytes after the value are refused, or handed over to who expects them', () => {
  const bytes = Buffer.concat([writeLlsdBinary(new Map([['a', 1]])), ascii('blocks')]);
  refuses(bytes, /6 bytes after the value/);
  const { value, end } = readLlsdBinaryPrefix(bytes);
  assert.deepEqual(value, new Map([['a', 1]]));
  assert.equal(bytes.subarray(end).toString(), 'blocks');
  assert.throws(() => readLlsdBinaryPrefix(bytes, { lengthMax: 5 }), LlsdError);
});

test('what is read does not share memory with the input', () => {
  const bytes = Buffer.from(writeLlsdBinary(Uint8Array.of(1, 2, 3)));
  const value = readLlsdBinary(bytes);
  bytes.fill(0);
  assert.deepEqual(value, Uint8Array.of(1, 2, 3));
});

test('zipped: the inflated size is capped, and what is no zlib stream is refused', () => {
  const bomb = deflateSync(Buffer.alloc(20_000_000, '!'));
  assert.ok(bomb.length < 100_000);
  assert.throws(() => readZippedLlsd(bomb), LlsdError);
  assert.throws(() => readZippedLlsd(ascii('not zipped')), LlsdError);
  assert.throws(() => readZippedLlsd(deflateSync(ascii('1')).subarray(0, 6)), LlsdError);
  assert.equal(readZippedLlsd(deflateSync(ascii('1'))), true);
});

test('the depth of zipped blocks is capped at 96', () => {
  const nested = (depth: number) =>
    deflateSync(
      Buffer.concat([
        Buffer.concat(Array(depth - 1).fill(hex('5B 00000001'))),
        ascii('!'),
        Buffer.alloc(depth - 1, ']'),
      ]),
    );
  assert.ok(Array.isArray(readZippedLlsd(nested(96))));
  assert.throws(() => readZippedLlsd(nested(97)), /deeper than the 96/);
  assert.throws(() => readZippedLlsd(nested(1_000_000)), /deeper than the 96/);
});
