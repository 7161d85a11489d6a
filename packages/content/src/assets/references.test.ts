import type { LlsdValue } from '@gridkeep/wire/llsd/value';
import { LlsdUuid } from '@gridkeep/wire/llsd/value';
import { writeLlsdBinary } from '@gridkeep/wire/llsd/binary-writer';
import { writeLlsdNotation } from '@gridkeep/wire/llsd/notation-writer';
import { writeLlsdXml } from '@gridkeep/wire/llsd/xml-writer';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReferenceList } from './asset-reference.ts';
import type { AssetType } from './asset-kinds.ts';
import { shadowUuid } from './notecard.ts';
import { findReferences } from './references.ts';
import { findTextUuids } from './text-uuids.ts';

const a = parseUuid('11111111-2222-3333-4444-555555555555');
const b = parseUuid('aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee');
const c = parseUuid('0a0a0a0a-0b0b-0c0c-0d0d-0e0e0e0e0e0e');

function found(type: AssetType, bytes: Uint8Array | string): unknown[] {
  const result = findReferences(type, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  assert.equal(result.problem, undefined);
  return result.references.map((reference) => [reference.id, reference.type, reference.certain]);
}

function notecard(items: readonly string[], text: string): string {
  const head = `Linden text version 2\n{\nLLEmbeddedItems version 1\n{\ncount ${items.length}\n`;
  const listed = items.map(
    (item, index) => `{\next char index ${index}\n\tinv_item\t0\n\t{\n${item}\t}\n}\n`,
  );
  return `${head}${listed.join('')}}\nText length ${Buffer.byteLength(text)}\n${text}}\n`;
}

test('notecards: embedded items, hidden ids and ids in the text, which counts in bytes', () => {
  const card = notecard(
    [
      `\t\tasset_id\t${a}\n\t\ttype\tnotecard\n\t\tname\tHouse { key|\n`,
      `\t\tshadow_id\t${shadowUuid(b)}\n\t\ttype\tanimatn\n\t\tname\tDänce|\n`,
      `\t\tasset_id\t${c}\n\t\ttype\tlink\n\t\tname\tLink|\n`,
      `\t\tasset_id\t${zeroUuid}\n\t\ttype\ttexture\n\t\tname\tNothing|\n`,
    ],
    `Grüße\n${c} and ${c}`,
  );
  assert.deepEqual(found(7, card), [
    [a, 7, true],
    [b, 20, true],
    [c, undefined, false],
  ]);
  const places = findReferences(7, Buffer.from(card)).references.map(({ where }) => where);
  assert.deepEqual(places, ['embedded item "House { key"', 'embedded item "Dänce"', 'text line 2']);
});

test('hiding an id twice gives the id, and it is hidden as OpenSimulator does', () => {
  assert.equal(shadowUuid(zeroUuid), '3c115e51-04f4-523c-9fa6-98aff1034730');
  assert.equal(shadowUuid(shadowUuid(a)), a);
});

test('wearables: the textures and nothing else', () => {
  const shirt = `LLWearable version 22\n${a}\n\n\tpermissions 0\n\t{\n\t\towner_id\t${a}\n\t}\ntype 4\nparameters 1\n781 .78\ntextures 2\n1 ${b}\n2 ${zeroUuid}\n`;
  assert.deepEqual(found(5, shirt), [[b, 0, true]]);
  assert.match(
    findReferences(5, Buffer.from(shirt.replace('textures 2', 'textures 3'))).problem ?? '',
    /texture 3 of 3/,
  );
});

test('gestures: animations and sounds', () => {
  const gesture = `2\n255\n0\n/hi\nhello\n4\n0\nWave\n${a}\n0\n2\nHello!\n0\n3\n1.5\n2\n1\nHorn\n${b}\n0\n`;
  assert.deepEqual(found(21, gesture), [
    [a, 20, true],
    [b, 1, true],
  ]);
});

test('scripts: every id in the text, once, and none of them certain', () => {
  assert.deepEqual(found(10, `// ${a}\nkey k = "${a.toUpperCase()}"; x${b}y ${zeroUuid}`), [
    [a, undefined, false],
    [b, undefined, false],
  ]);
});

test('an old material: the ids of its maps', () => {
  const material = new Map<string, LlsdValue>([
    ['NormMap', new LlsdUuid(a)],
    ['SpecMap', new LlsdUuid(zeroUuid)],
    ['SpecExp', 51],
  ]);
  assert.deepEqual(found(-2, writeLlsdXml(material)), [[a, 0, true]]);
});

test('settings: the textures of all frames, in each form of LLSD', () => {
  const cycle = new Map<string, LlsdValue>([
    ['type', 'daycycle'],
    ['name', String(c)],
    [
      'frames',
      new Map<string, LlsdValue>([
        ['dawn', new Map<string, LlsdValue>([['sun_id', new LlsdUuid(a)]])],
        [
          'sea',
          new Map<string, LlsdValue>([
            ['normal_map', new LlsdUuid(b)],
            ['cloud_id', new LlsdUuid(a)],
          ]),
        ],
      ]),
    ],
  ]);
  for (const bytes of [writeLlsdXml(cycle), writeLlsdBinary(cycle), writeLlsdNotation(cycle)])
    assert.deepEqual(found(56, bytes), [
      [a, 0, true],
      [b, 0, true],
    ]);
});

test('materials: the ids in the glTF document', () => {
  const gltf = JSON.stringify({ materials: [{}], images: [{ uri: a }, { uri: b }] });
  const material = new Map<string, LlsdValue>([
    ['version', '1.1'],
    ['type', 'GLTF 2.0'],
    ['data', gltf],
  ]);
  assert.deepEqual(found(57, writeLlsdBinary(material)), [
    [a, 0, true],
    [b, 0, true],
  ]);
});

test('objects: by the parser of scene objects', () => {
  const object = `<SceneObjectGroup><RootPart><SceneObjectPart><CollisionSound><UUID>${a}</UUID></CollisionSound></SceneObjectPart></RootPart><OtherParts/></SceneObjectGroup>`;
  const { references } = findReferences(6, Buffer.from(object));
  assert.deepEqual(
    references.map(({ id, type }) => [id, type]),
    [[a, 1]],
  );
});

test('what cannot be read as its kind says so and is searched as text', () => {
  for (const type of [-2, 7, 56, 57] as const) {
    const { references, problem } = findReferences(type, Buffer.from(`<broken ${a}`));
    assert.ok(problem, String(type));
    assert.deepEqual(
      references.map(({ id, certain }) => [id, certain]),
      [[a, false]],
    );
  }
});

test('kinds without references are not looked at', () => {
  for (const type of [0, 1, 3, 11, 20, 49] as const) assert.deepEqual(found(type, `${a}`), []);
});

test('a certain reference replaces an uncertain one of the same type', () => {
  const list = new ReferenceList();
  list.add({ id: a, type: 0, certain: false, where: 'text' });
  list.add({ id: a, type: 0, certain: true, where: 'face 1' });
  list.add({ id: a, type: 0, certain: true, where: 'face 2' });
  list.add({ id: a, type: 49, certain: true, where: 'sculpt' });
  assert.deepEqual(
    list.list().map(({ where }) => where),
    ['face 1', 'sculpt'],
  );
});

test('ids in text are those that a plain pattern finds', () => {
  const piece = fc.constantFrom(
    a,
    b,
    '-',
    '--',
    '0',
    'f',
    '11111111',
    '-2222',
    ' ',
    '\n',
    'Z',
    c.slice(0, 20),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const expected = text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
      assert.deepEqual(
        [...findTextUuids(text)].map(({ id }) => String(id)),
        [...expected],
      );
    }),
  );
});

test('ids in text come with their line', () => {
  const text = `${a}\n\n  ${b}${c}\n`;
  assert.deepEqual(
    [...findTextUuids(text)],
    [
      { id: a, line: 1 },
      { id: b, line: 3 },
      { id: c, line: 3 },
    ],
  );
  assert.deepEqual([...findTextUuids('1111111-2222-3333-4444-555555555555 zzz')], []);
});
