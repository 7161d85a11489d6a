import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUuid, zeroUuid } from '../uuid.ts';
import { childOf, parseXml } from '../xml-tree.ts';
import type { LlsdValue } from './value.ts';
import { LlsdDate, LlsdError, LlsdReal, LlsdUri, LlsdUuid } from './value.ts';
import { llsdFromXml, readLlsdXml } from './xml-reader.ts';
import { writeLlsdXml } from './xml-writer.ts';

const read = (inner: string): LlsdValue => readLlsdXml(`<llsd>${inner}</llsd>`);
const refuses = (inner: string, message = /./) =>
  assert.throws(
    () => read(inner),
    (error) => error instanceof LlsdError && message.test(error.message),
    inner,
  );

test('the example of the format', () => {
  const map = readLlsdXml(`<?xml version="1.0" encoding="utf-8"?>
    <llsd><map>
      <key>name</key><string>Caf&#233; &amp; Bar</string>
      <key>count</key><integer>3</integer>
      <key>scale</key><array><real>0.5</real><real>1</real></array>
      <key>handle</key><binary encoding="base64">AAPoAAAD6AA=</binary>
      <key>owner</key><uuid/>
      <key>note</key><undef/>
    </map></llsd>`);
  assert.deepEqual(
    map,
    new Map<string, LlsdValue>([
      ['name', 'Café & Bar'],
      ['count', 3],
      ['scale', [new LlsdReal(0.5), new LlsdReal(1)]],
      ['handle', Uint8Array.of(0, 3, 232, 0, 0, 3, 232, 0)],
      ['owner', new LlsdUuid(zeroUuid)],
      ['note', undefined],
    ]),
  );
});

test('an undefined member is kept apart from a missing one', () => {
  const map = read('<map><key>a</key><undef/></map>');
  assert.ok(map instanceof Map);
  assert.deepEqual([map.has('a'), map.has('b')], [true, false]);
});

test('empty elements have the zero value of their type', () => {
  const zeros: readonly (readonly [string, LlsdValue])[] = [
    ['undef', undefined],
    ['boolean', false],
    ['integer', 0],
    ['real', new LlsdReal(0)],
    ['string', ''],
    ['uuid', new LlsdUuid(zeroUuid)],
    ['date', new LlsdDate(0)],
    ['uri', new LlsdUri('')],
    ['binary', new Uint8Array(0)],
    ['map', new Map()],
    ['array', []],
  ];
  for (const [name, zero] of zeros)
    for (const empty of [`<${name}/>`, `<${name} />`, `<${name}></${name}>`])
      assert.deepEqual(read(empty), zero);
});

test('a boolean is true for 1 and true exactly', () => {
  for (const text of ['1', 'true']) assert.equal(read(`<boolean>${text}</boolean>`), true);
  for (const text of ['0', 'false', 'True', 'TRUE', 'yes', '2'])
    assert.equal(read(`<boolean>${text}</boolean>`), false, text);
});

test('white space is data in strings and not around other values', () => {
  assert.equal(read('<string> a\n </string>'), ' a\n ');
  assert.equal(read('<integer> 7 </integer>'), 7);
  const id = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201');
  assert.deepEqual(read(`<uuid>\n${id.toUpperCase()} </uuid>`), new LlsdUuid(id));
  assert.deepEqual(read('<date> 2026-01-02T03:04:05.5Z </date>'), new LlsdDate(1767323045.5));
});

test('reals: exponents, NaN in any case, whole numbers without a point; no infinities', () => {
  assert.deepEqual(read('<real>1e-3</real>'), new LlsdReal(0.001));
  // Viewers and old simulators write more digits than a float has.
  assert.deepEqual(read('<real>0.039999999105930328</real>'), new LlsdReal(0.03999999910593033));
  assert.deepEqual(read('<real>NaN</real>'), new LlsdReal(NaN));
  assert.deepEqual(read('<real>nan</real>'), new LlsdReal(NaN));
  assert.deepEqual(read('<real>1</real>'), new LlsdReal(1));
  for (const text of ['inf', 'Infinity', '-Infinity', '1e999', '1,5', '0x10', '.'])
    refuses(`<real>${text}</real>`, /not a value of <real>/);
});

test('binary: encoding may be missing, line breaks inside are allowed, other encodings are not', () => {
  assert.deepEqual(read('<binary>AQID</binary>'), Uint8Array.of(1, 2, 3));
  assert.deepEqual(read('<binary encoding="base64"> AQ\n ID </binary>'), Uint8Array.of(1, 2, 3));
  refuses('<binary encoding="base16">0102</binary>', /encoding/);
  refuses('<binary>AQI</binary>', /not a value/);
});

test('bad scalars are refused, never zero', () => {
  refuses('<integer>x</integer>', /not a value of <integer>: "x"/);
  refuses('<integer>2147483648</integer>');
  refuses('<integer>1.0</integer>');
  refuses('<uuid>x</uuid>');
  refuses('<date>yesterday</date>');
  refuses('<string>a<b/></string>', /elements inside/);
});

test('headers: none, a declaration, and the one that is not XML', () => {
  for (const header of [
    '',
    '\ufeff',
    '<?xml version="1.0" ?>',
    '<? LLSD/XML ?>\n',
    '\ufeff \n<?llsd/xml?>',
    '<? llsd/xml ?>',
  ])
    assert.equal(readLlsdXml(`${header}<llsd><integer>1</integer></llsd>`), 1, header);
});

test('the root is llsd with exactly one value, and is not nested', () => {
  assert.throws(() => readLlsdXml('<map/>'), /instead of <llsd>/);
  assert.throws(() => readLlsdXml('<llsd/>'), /without a value/);
  refuses('<undef/><undef/>', /more than one value/);
  refuses('<llsd><undef/></llsd>', /inside <llsd>/);
  refuses('text<undef/>', /text inside/);
});

test('maps: key and value alternate, the later duplicate wins, order is free', () => {
  refuses('<map><key>a</key></map>', /no value for the key "a"/);
  refuses('<map><key>a</key><key>b</key><undef/></map>', /no value for the key "a"/);
  refuses('<map><undef/></map>', /without <key>/);
  refuses('<map><key>a<b/></key><undef/></map>', /without <key>/);
  refuses('<map>x</map>', /text inside/);
  assert.deepEqual(
    read('<map><key>a</key><integer>1</integer><key>a</key><integer>2</integer></map>'),
    new Map([['a', 2]]),
  );
});

test('unknown elements are refused', () => {
  refuses('<int>1</int>', /<int> is no LLSD value/);
  refuses('<array><key>a</key></array>', /<key> is no LLSD value/);
});

test('keys and addresses that OpenSimulator left unescaped are read when asked for', () => {
  const broken =
    '<llsd><map><key>A & B <C></key><integer>1</integer><key>u</key><uri>http://x/?a=1&b=2&amp;c</uri></map></llsd>';
  assert.throws(() => readLlsdXml(broken), LlsdError);
  assert.deepEqual(
    readLlsdXml(broken, { bareMarkup: true }),
    new Map<string, LlsdValue>([
      ['A & B <C>', 1],
      ['u', new LlsdUri('http://x/?a=1&b=2&c')],
    ]),
  );
  const sound = '<llsd><map><key>&lt;&#65;&#x42;</key><undef/></map></llsd>';
  assert.deepEqual(readLlsdXml(sound, { bareMarkup: true }), readLlsdXml(sound));
  const many = '<key>'.repeat(200_000);
  assert.throws(() => readLlsdXml(`<llsd><map>${many}`, { bareMarkup: true }), LlsdError);
});

test('written keys and addresses are escaped', () => {
  const value = new Map([['a<&>', new LlsdUri('http://x/?a&b')]]);
  assert.equal(
    writeLlsdXml(value),
    '<llsd><map><key>a&lt;&amp;&gt;</key><uri>http://x/?a&amp;b</uri></map></llsd>',
  );
});

test('written as OpenSimulator writes: one line, self-closing empties, 1 and 0, dates in UTC with Z', () => {
  const value = [
    true,
    false,
    0,
    new LlsdReal(1),
    '',
    [],
    new Map(),
    new LlsdUuid(zeroUuid),
    new LlsdDate(0.5),
    undefined,
  ];
  assert.equal(
    writeLlsdXml(value),
    '<llsd><array><boolean>1</boolean><boolean>0</boolean><integer /><real>1</real><string /><array /><map />' +
      '<uuid /><date>1970-01-01T00:00:00.5Z</date><undef /></array></llsd>',
  );
});

test('control characters are left out when writing', () => {
  assert.equal(readLlsdXml(writeLlsdXml('a\0b\x1bc')), 'abc');
});

test('a document type is refused', () => {
  assert.throws(() => readLlsdXml('<!DOCTYPE llsd><llsd><undef/></llsd>'), /DOCTYPE/);
});

test('an llsd element inside another document is read', () => {
  const root = parseXml(
    '<Part><DynAttrs><llsd><map><key>a</key><integer>1</integer></map></llsd></DynAttrs></Part>',
  );
  const attributes = childOf(root, 'DynAttrs');
  const llsd = attributes === undefined ? undefined : childOf(attributes, 'llsd');
  assert.ok(llsd !== undefined);
  assert.deepEqual(llsdFromXml(llsd), new Map([['a', 1]]));
});
