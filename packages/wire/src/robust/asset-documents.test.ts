import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUuid, uuidFromBytes, zeroUuid } from '../uuid.ts';
import type { AssetDocument, AssetMetadataDocument } from './asset-documents.ts';
import {
  readAssetDocument,
  readAssetMetadataDocument,
  writeAssetDocument,
  writeAssetMetadataDocument,
} from './asset-documents.ts';
import { formatAssetFlags, tryParseAssetFlags } from './asset-flags.ts';
import {
  SerializedError,
  readBooleanDocument,
  readBooleansDocument,
  readStringDocument,
  readStringsDocument,
  writeBooleanDocument,
  writeBooleansDocument,
  writeStringDocument,
  writeStringsDocument,
} from './serialized.ts';

const id = parseUuid('00000000-0000-2222-3333-100000001007');
const lengthMax = 1_000_000;
const asset: AssetDocument = {
  data: Uint8Array.of(1, 2, 3, 4),
  fullId: id,
  id,
  name: 'clear & <bright>',
  description: '',
  type: -2,
  local: false,
  temporary: true,
  creatorId: undefined,
  flags: 3,
};
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const written = (document: Uint8Array): string => Buffer.from(document).toString('utf8');
const read = (inner: string) => readAssetDocument(bytes(`<AssetBase>${inner}</AssetBase>`), lengthMax);

test('an asset, byte for byte', () => {
  assert.equal(
    written(writeAssetDocument(asset)),
    '\ufeff<?xml version="1.0" encoding="utf-8"?>\n' +
      '<AssetBase xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n' +
      `  <Data>AQIDBA==</Data>\n  <FullID>\n    <Guid>${id}</Guid>\n  </FullID>\n  <ID>${id}</ID>\n` +
      '  <Name>clear &amp; &lt;bright&gt;</Name>\n  <Description />\n  <Type>-2</Type>\n' +
      '  <UploadAttempts>0</UploadAttempts>\n  <Local>false</Local>\n  <Temporary>true</Temporary>\n' +
      '  <Flags>Maptile Rewritable</Flags>\n</AssetBase>',
  );
});

test('no content and empty content are kept apart', () => {
  for (const data of [undefined, new Uint8Array(0)]) {
    const document = writeAssetDocument({ ...asset, data });
    assert.equal(written(document).includes('<Data />'), data !== undefined);
    assert.deepEqual(readAssetDocument(document, lengthMax).data, data);
  }
});

test('metadata, with and without date and hash', () => {
  const metadata: AssetMetadataDocument = {
    fullId: id,
    id,
    name: 'n',
    description: 'd',
    type: 0,
    local: false,
    temporary: false,
    creatorId: `${id};http://example.org/Ada Field`,
    flags: 0,
    creationDate: 1767323045,
    contentType: 'image/x-j2c',
    sha1: Uint8Array.of(1, 2, 3),
  };
  const document = written(writeAssetMetadataDocument(metadata));
  assert.match(document, /<CreationDate>2026-01-02T03:04:05Z<\/CreationDate>/);
  assert.match(document, /<SHA1>AQID<\/SHA1>/);
  assert.deepEqual(readAssetMetadataDocument(bytes(document)), metadata);
  const bare = { ...metadata, creationDate: undefined, sha1: undefined, creatorId: undefined };
  assert.match(
    written(writeAssetMetadataDocument(bare)),
    /<CreationDate>0001-01-01T00:00:00<\/CreationDate>/,
  );
  assert.deepEqual(readAssetMetadataDocument(writeAssetMetadataDocument(bare)), bare);
  assert.throws(() => writeAssetMetadataDocument({ ...metadata, creationDate: 1e15 }), SerializedError);
});

test('order is free, unknown elements are ignored, what is absent has its default', () => {
  assert.deepEqual(read('<Flags>Normal</Flags><New><x/></New><Type> 7 </Type><Data>AQ==</Data>'), {
    data: Uint8Array.of(1),
    fullId: zeroUuid,
    id: '',
    name: '',
    description: '',
    type: 7,
    local: false,
    temporary: false,
    creatorId: undefined,
    flags: 0,
  });
});

test('an ID that is a UUID sets both', () => {
  const other = parseUuid('11111111-1111-1111-1111-111111111111');
  assert.equal(read(`<FullID><Guid>${id}</Guid></FullID><ID>${other}</ID>`).fullId, other);
  assert.equal(read(`<FullID><Guid>${id}</Guid></FullID><ID>local name</ID>`).fullId, id);
  assert.equal(read(`<FullID><Guid>${id}</Guid></FullID>`).id, id);
});

test('flags travel by name: numbers and unknown names are refused', () => {
  const spellings = [
    [0, 'Normal'],
    [1, 'Maptile'],
    [2, 'Rewritable'],
    [3, 'Maptile Rewritable'],
    [4, 'Collectable'],
    [7, 'Maptile Rewritable Collectable'],
  ] as const;
  for (const [flags, text] of spellings) {
    assert.equal(formatAssetFlags(flags), text);
    assert.equal(tryParseAssetFlags(text), flags);
  }
  assert.equal(formatAssetFlags(8 + 1), 'Maptile');
  assert.equal(tryParseAssetFlags(' \n'), 0);
  for (const text of ['0', 'maptile', 'Normal,Maptile']) {
    assert.equal(tryParseAssetFlags(text), undefined);
    assert.throws(() => read(`<Flags>${text}</Flags>`), /<Flags>/);
  }
});

test('bad members are refused by name', () => {
  assert.throws(() => read('<Data>AQ</Data>'), /<Data>/);
  assert.throws(() => read('<FullID><Guid>x</Guid></FullID>'), /<FullID>/);
  assert.throws(() => read('<FullID/>'), /<FullID>/);
  for (const type of ['128', '-129', 'x', '1.5', ''])
    assert.throws(() => read(`<Type>${type}</Type>`), /<Type>/);
  assert.throws(() => read('<Local>False</Local>'), /<Local>/);
  assert.throws(() => readAssetDocument(bytes('<AssetMetadata/>'), lengthMax), /instead of <AssetBase>/);
  assert.throws(() => readAssetDocument(bytes('<!DOCTYPE a><AssetBase/>'), lengthMax), SerializedError);
  assert.throws(() => readAssetDocument(Uint8Array.of(0xff), lengthMax), SerializedError);
  assert.throws(() => readAssetDocument(writeAssetDocument(asset), 100), /more than the 100 allowed/);
});

test('content longer than one piece is whole', () => {
  for (const length of [96 * 1024 - 1, 96 * 1024, 96 * 1024 + 1, 500_000]) {
    const data = Uint8Array.from({ length }, (_, index) => index * 7);
    const { data: again } = readAssetDocument(writeAssetDocument({ ...asset, data }), lengthMax);
    assert.deepEqual(again, data);
  }
});

test('any asset survives', () => {
  const text = fc
    .string({ unit: 'binary', maxLength: 12 })
    .map((any) => any.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, ''));
  const any = fc.record(
    {
      data: fc.option(fc.uint8Array({ maxLength: 100 }), { nil: undefined }),
      fullId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((raw) => uuidFromBytes(raw)),
      id: text,
      name: text,
      description: text,
      type: fc.integer({ min: -128, max: 127 }),
      local: fc.boolean(),
      temporary: fc.boolean(),
      creatorId: fc.option(text, { nil: undefined }),
      flags: fc.nat({ max: 7 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(any, (document) => {
      assert.deepEqual(readAssetDocument(writeAssetDocument(document), lengthMax), document);
    }),
  );
});

test('a document cut at any byte is refused', () => {
  const document = writeAssetDocument(asset);
  for (let length = 0; length < document.length; length++)
    assert.throws(() => readAssetDocument(document.subarray(0, length), lengthMax), SerializedError);
});

test('the small documents', () => {
  const start = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n';
  const namespaces =
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  assert.equal(written(writeStringDocument('a&b')), `${start}<string>a&amp;b</string>`);
  assert.equal(written(writeStringDocument('')), `${start}<string />`);
  assert.equal(written(writeBooleanDocument(false)), `${start}<boolean>false</boolean>`);
  assert.equal(
    written(writeBooleansDocument([true, false])),
    `${start}<ArrayOfBoolean${namespaces}>\n  <boolean>true</boolean>\n  <boolean>false</boolean>\n</ArrayOfBoolean>`,
  );
  assert.equal(written(writeBooleansDocument([])), `${start}<ArrayOfBoolean${namespaces} />`);
  fc.assert(
    fc.property(fc.array(fc.boolean()), (values) => {
      assert.deepEqual(readBooleansDocument(writeBooleansDocument(values)), values);
    }),
  );
  assert.deepEqual(readStringsDocument(writeStringsDocument(['a', '', '<'])), ['a', '', '<']);
  assert.equal(readStringDocument(writeStringDocument('x')), 'x');
  assert.equal(readBooleanDocument(writeBooleanDocument(true)), true);
  assert.throws(() => readBooleanDocument(bytes('<boolean>True</boolean>')), SerializedError);
  assert.throws(
    () => readStringsDocument(bytes('<ArrayOfString><int>1</int></ArrayOfString>')),
    SerializedError,
  );
  assert.throws(() => readStringDocument(bytes(`<string>${'x'.repeat(20_000)}</string>`)), SerializedError);
});
