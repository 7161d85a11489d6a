import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FormValue } from './form.ts';
import { FormError, decodeFormText, encodeFormText, readForm, writeForm } from './form.ts';

const fields = (body: string) => Object.fromEntries(readForm(body).fields);

test('fields of a real call', () => {
  const form = readForm(
    'METHOD=update&mutename=Noisy+Box+%26+%3cx%3e&Wearable+0%3a0=a%2Cb&Token&list[]=1&list[]=2',
  );
  assert.equal(form.text('METHOD'), 'update');
  assert.equal(form.text('mutename'), 'Noisy Box & <x>');
  assert.equal(form.text('Wearable 0:0'), 'a,b');
  assert.equal(form.text('Token'), '');
  assert.deepEqual(form.list('list'), ['1', '2']);
});

test('text and lists are not taken for each other', () => {
  const form = readForm('a=1&b[]=2');
  assert.equal(form.list('a'), undefined);
  assert.equal(form.text('b'), undefined);
  assert.deepEqual(form.list('b'), ['2']);
  assert.equal(form.text('c'), undefined);
  assert.equal(form.list('c'), undefined);
});

test('the first of two texts wins, and so does the first kind of field', () => {
  assert.deepEqual(fields('a=1&a=2'), { a: '1' });
  assert.deepEqual(fields('a=1&a[]=2'), { a: '1' });
  assert.deepEqual(fields('a[]=1&a=2&a[]=3'), { a: ['1', '3'] });
});

test('bare keys, missing names, spare ampersands and equals signs', () => {
  assert.deepEqual(fields('a&b=&c[]&=x&&d=1=2&'), { a: '', b: '', c: [''], d: '1' });
  assert.deepEqual(fields(''), {});
  assert.deepEqual(fields(' \r\na=1\n'), { a: '1' });
});

test('brackets may be escaped, unknown escapes stay, bytes that are no UTF-8 become U+FFFD', () => {
  assert.deepEqual(fields('a%5b%5d=1'), { a: ['1'] });
  assert.equal(decodeFormText('100%+%zz%4'), '100% %zz%4');
  assert.equal(decodeFormText('%ff%C3%A9+%41'), '\ufffdé A');
  assert.equal(decodeFormText('é'), 'é');
  assert.deepEqual(fields('__proto__=1'), Object.fromEntries([['__proto__', '1']]));
});

test('written as .NET does: plus for a space, lower-case hexadecimal, its own set of plain characters', () => {
  assert.equal(
    encodeFormText("Az09-_.!*() ~'&=+/é\u{1F600}"),
    'Az09-_.!*()+%7e%27%26%3d%2b%2f%c3%a9%f0%9f%98%80',
  );
  assert.equal(encodeFormText('\ud800'), '%ef%bf%bd');
  assert.equal(
    writeForm([
      ['a b', '1'],
      ['empty', ''],
      ['list', ['x y', '']],
    ]),
    'a+b=1&empty&list[]=x+y&list[]=',
  );
});

test('size and number of fields are bounded', () => {
  assert.throws(() => readForm('a=1', { bytesMax: 2 }), FormError);
  assert.throws(() => readForm('a&b&c', { fieldsMax: 2 }), FormError);
  assert.throws(() => readForm('&'.repeat(100_000)), FormError);
  assert.equal(readForm(Buffer.from('é=1'), { bytesMax: 4 }).text('é'), '1');
  // The limit is one of bytes also where the body is given as a string.
  assert.throws(() => readForm('é=1', { bytesMax: 3 }), FormError);
});

const text = fc.string({ unit: 'binary', maxLength: 12 }).map((any) => any.toWellFormed());
const name = text.filter((any) => any !== '' && !any.endsWith('[]'));
const entries = fc.uniqueArray(
  fc.tuple(name, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 }))),
  { selector: ([key]) => key, maxLength: 5 },
);

test('any form survives', () => {
  fc.assert(
    fc.property(entries, (any) => {
      assert.deepEqual(readForm(writeForm(any)).fields, new Map<string, FormValue>(any));
    }),
  );
});

test('any body is read', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (body) => void readForm(body)));
  fc.assert(fc.property(fc.uint8Array(), (body) => void readForm(body)));
});
