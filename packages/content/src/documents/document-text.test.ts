import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from './document-text.ts';

function text(...parts: readonly (string | readonly number[])[]): ReturnType<typeof decodeDocument> {
  return decodeDocument(Buffer.concat(parts.map((part) => Buffer.from(part))));
}

test('only a byte order mark tells the encoding, never the declaration', () => {
  const declared = '<?xml version="1.0" encoding="utf-16"?><a>é</a>';
  assert.deepEqual(text(declared), { text: declared, encoding: 'utf-8', replaced: false });
  assert.equal(text([0xef, 0xbb, 0xbf], '<a/>').text, '<a/>');
  const wide = decodeDocument(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<a>é</a>', 'utf16le')]));
  assert.deepEqual(wide, { text: '<a>é</a>', encoding: 'utf-16le', replaced: false });
  const swapped = Buffer.from('\ufeff<a>é</a>', 'utf16le').swap16();
  assert.deepEqual(decodeDocument(swapped), { text: '<a>é</a>', encoding: 'utf-16be', replaced: false });
});

test('bytes that are not UTF-8 are replaced and reported', () => {
  const read = text('<a>', [0xe9], '</a>');
  assert.deepEqual([read.text, read.replaced], ['<a>\ufffd</a>', true]);
});

test('trailing NULs go, inner ones stay for the XML reader to refuse', () => {
  assert.equal(text('<a/>\0\0').text, '<a/>');
  assert.equal(text('<a>\0</a>').text, '<a>\0</a>');
});

test('a DOCTYPE is refused, the word inside an element is not', () => {
  for (const bad of ['<!DOCTYPE a [<!ENTITY x "y">]><a/>', '<?xml version="1.0"?>\n<!doctype a><a/>'])
    assert.throws(() => text(bad), { name: 'DocumentError', rule: 'C4' });
  assert.doesNotThrow(() => text('<a><![CDATA[<!DOCTYPE a>]]></a>'));
});
