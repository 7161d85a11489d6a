import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { decodeDocument } from './document-text.ts';
import { findObjectReferences, readObjectReferences } from './object-references.ts';
import { parseSceneObject } from './scene-object.ts';
import { sampleEntry } from './test-support/archive-entries.ts';
import { assertSurvivesDamage } from './test-support/damage.ts';
import type { Elements } from './test-support/object-xml.ts';
import {
  coalescedObject,
  itemXml,
  originalObject,
  ownerId,
  partId,
  partXml,
  xml2Object,
} from './test-support/object-xml.ts';
import { objectEntries, samples } from './test-support/samples.ts';

const objectName = /^objects\//;

test(
  'every real object parses, and the counts are those of the samples',
  { skip: missing('fixtures') },
  () => {
    const counts = new Map<string, { objects: number; parts: number; scripts: number }>();
    for (const { archive, name, bytes } of samples(objectEntries)) {
      const object = parseSceneObject(decodeDocument(bytes).text, { regionSize: { x: 512, y: 512 } });
      const serious = object.findings.filter(({ rule }) => rule !== 'O4');
      assert.deepEqual(serious, [], `${archive} ${name}`);
      if (name.startsWith('assets/')) {
        assert.notEqual(object.envelope, 'xml2');
        continue;
      }
      assert.equal(object.envelope, 'xml2');
      const count = counts.get(archive) ?? { objects: 0, parts: 0, scripts: 0 };
      count.objects += 1;
      count.parts += object.parts.length;
      count.scripts += object.scriptCount;
      counts.set(archive, count);
      assert.ok(name.endsWith(`__${object.rootId}.xml`));
    }
    assert.deepEqual(counts.get('plaza-objects.oar'), { objects: 55, parts: 83, scripts: 25 });
    assert.deepEqual(counts.get('big-bay-512.oar'), { objects: 29, parts: 41, scripts: 7 });
    assert.deepEqual(counts.get('two-regions.oar'), { objects: 8, parts: 14, scripts: 3 });
  },
);

test('what 2012 wrote is understood', { skip: missing('fixtures') }, () => {
  const objects = samples(objectEntries)
    .filter(({ archive }) => archive === 'sloodle-rezzer-2012.iar')
    .map(({ bytes }) => parseSceneObject(decodeDocument(bytes).text));
  assert.ok(objects.some((object) => object.scriptStateCount > 0));
  for (const { rootId, parts } of objects) {
    assert.notEqual(rootId, '00000000-0000-0000-0000-000000000000');
    assert.ok(parts.every((part) => part.ownerId !== '00000000-0000-0000-0000-000000000000'));
  }
});

test('creators from elsewhere keep their data', { skip: missing('fixtures') }, () => {
  const people = samples(objectEntries)
    .filter(({ archive }) => archive === 'plaza-home-noassets.oar')
    .flatMap(({ bytes }) => parseSceneObject(decodeDocument(bytes).text).identities);
  assert.ok(
    people.some(
      ({ role, creatorData }) => role === 'creator' && creatorData === 'http://127.0.0.1:8002;Ada Viewer',
    ),
  );
});

test('hostile objects get their verdict', { skip: missing('fixtures') }, () => {
  const parse = (archive: string): ReturnType<typeof parseSceneObject> =>
    parseSceneObject(decodeDocument(sampleEntry(fixture('hostile', archive), objectName)).text);
  assert.throws(() => parse('xml-entity-bomb.oar'), { name: 'DocumentError', rule: 'C4' });
  assert.throws(() => parse('xml-10000-deep.oar'), { name: 'DocumentError', rule: 'O1' });
  assert.throws(() => parse('object-nan-position.oar'), {
    name: 'DocumentError',
    rule: 'O3',
    field: 'part 0/GroupPosition',
  });
  assert.throws(() => parse('object-infinite-scale.oar'), {
    name: 'DocumentError',
    rule: 'O3',
    field: 'part 0/Scale',
  });
  assert.equal(parse('object-keyframe-motion.oar').hasKeyframeMotion, true);
  assert.match(parse('xml-invalid-utf8.oar').name, /\ufffd/);
  assert.equal(
    decodeDocument(sampleEntry(fixture('hostile', 'xml-invalid-utf8.oar'), objectName)).replaced,
    true,
  );
});

test('one part, in all its fields', () => {
  const object = parseSceneObject(xml2Object());
  const [part] = object.parts;
  assert.deepEqual(
    [object.rootId, object.name, part?.ownerId, part?.groupPosition, part?.baseMask, part?.flags],
    [partId, 'Box', ownerId, { x: 128, y: 64.5, z: 25 }, 647168, 0],
  );
});

test('the three envelopes', () => {
  const original = parseSceneObject(originalObject());
  assert.equal(original.envelope, 'original');
  const coalesced = parseSceneObject(coalescedObject(originalObject(), originalObject()));
  assert.equal(coalesced.envelope, 'coalesced');
  assert.deepEqual(
    coalesced.linksets.map(({ parts, offset }) => [parts.length, offset?.y]),
    [
      [1, 2.5],
      [1, 2.5],
    ],
  );
  assert.equal(coalesced.parts.length, 2);
  for (const text of [
    '<SceneObjectGroup/>',
    '<CoalescedObject/>',
    '<Other/>',
    '<SceneObjectGroup><RootPart/></SceneObjectGroup>',
    'no XML',
  ])
    assert.throws(() => parseSceneObject(text), { name: 'DocumentError', rule: 'O1' });
});

function refused(changes: Elements, field: string, rule = 'O1'): void {
  assert.throws(() => parseSceneObject(xml2Object(changes)), {
    name: 'DocumentError',
    rule,
    field: `part 0/${field}`,
  });
}

test('values for which OpenSimulator gives up an object', () => {
  refused({ BaseMask: '<BaseMask>2147483648</BaseMask>' }, 'BaseMask');
  refused({ BaseMask: '<BaseMask></BaseMask>' }, 'BaseMask');
  refused({ BaseMask: '<BaseMask>1.0</BaseMask>' }, 'BaseMask');
  refused({ Flags: '<Flags>Physics Flaming</Flags>' }, 'Flags');
  refused({ Flags: '<Flags />' }, 'Flags');
  refused({ OwnerID: '<OwnerID />' }, 'OwnerID');
  refused({ OwnerID: '<OwnerID><ID>1</ID></OwnerID>' }, 'OwnerID');
  refused({ AllowedDrop: '<AllowedDrop />' }, 'AllowedDrop');
  refused({ Scale: '<Scale><X>1</X><Y>1</Y></Scale>' }, 'Scale');
  refused({ Scale: '<Scale><X>1</X><Z>1</Z><Y>1</Y></Scale>' }, 'Scale');
  refused({ RotationOffset: '<RotationOffset><X>0</X><Q>1</Q></RotationOffset>' }, 'RotationOffset');
  refused({ ParticleSystem: '<ParticleSystem>!</ParticleSystem>' }, 'ParticleSystem');
  refused({ Name: '<Name><b>bold</b></Name>' }, 'Name');
  refused({ Color: '<Color></Color>' }, 'Color');
  refused({ ParentID: '<ParentID>-1</ParentID>' }, 'ParentID');
  refused({ Vehicle: '<Vehicle />' }, 'Vehicle');
  refused({ Nested: partXml() }, 'SceneObjectPart');
});

test('numbers that are not finite are refused everywhere', () => {
  for (const bad of ['NaN', 'INF', '-INF', '∞', '1e39'])
    refused({ Scale: `<Scale><X>${bad}</X><Y>1</Y><Z>1</Z></Scale>` }, 'Scale', 'O3');
  refused({ SoundGain: '<SoundGain>1e999</SoundGain>' }, 'SoundGain', 'O3');
  refused({ Shape: '<Shape><FlexiDrag>NaN</FlexiDrag></Shape>' }, 'Shape/FlexiDrag', 'O3');
});

test('a foreign child inside any rotation is refused, since the simulator would hang', () => {
  refused({ Vehicle: '<Vehicle><REF_FRAME><X>0</X><A>0</A></REF_FRAME></Vehicle>' }, 'Vehicle/REF_FRAME');
  refused({ RotationOffset: '<RotationOffset>text</RotationOffset>' }, 'RotationOffset');
});

test('what the loader accepts is accepted', () => {
  const lenient: Elements = {
    OwnerID: `<OwnerID><Guid>${ownerId.toUpperCase()}</Guid></OwnerID>`,
    CreatorID: `<CreatorID>${ownerId}</CreatorID>`,
    GroupID: '<GroupID><UUID>none</UUID></GroupID>',
    AllowedDrop: '<AllowedDrop>1</AllowedDrop>',
    Color: '<Color />',
    Flags: '<Flags>Physics, Phantom</Flags>',
    RotationOffset: '<RotationOffset><w>1</w><x>0</x></RotationOffset>',
    Scale: '<Scale><x> 1E-3 </x><y>+.5</y><z>2.</z></Scale>',
    UpdateFlag: '<UpdateFlag>0</UpdateFlag>',
    Unknown: '<Unknown><Deep>thing</Deep></Unknown>',
    LocalId: '<LocalId>4294967295</LocalId>',
  };
  const [part] = parseSceneObject(xml2Object(lenient)).parts;
  assert.deepEqual([part?.ownerId, part?.creatorId, part?.flags], [ownerId, ownerId, 1025]);
  assert.deepEqual(part?.scale, { x: 0.001, y: 0.5, z: 2 });
});

test('bad values of shapes and items are findings, since the loader passes over them', () => {
  const object = parseSceneObject(
    xml2Object({
      Shape:
        '<Shape><ProfileShape>Blob</ProfileShape><PCode>9</PCode><TextureEntry>AAAAAAAAAAAAAAAAAAAAAAAAAA==</TextureEntry></Shape>',
      TaskInventory: `<TaskInventory>${itemXml(ownerId, { Mask: '<BasePermissions>4294967295</BasePermissions>' })}</TaskInventory>`,
    }),
  );
  assert.deepEqual(
    object.findings.map(({ rule, field }) => `${rule} ${field}`),
    [
      'O1 part 0/Shape/ProfileShape',
      'O1 part 0/Shape/TextureEntry',
      'O1 part 0/TaskInventory/item 0/BasePermissions',
    ],
  );
  assert.equal(object.scriptCount, 1);
});

test('after ten bad values of one shape the loader gives up, and so does the parser', () => {
  const shape = (count: number): Elements => ({
    Shape: `<Shape>${'<PCode>x</PCode>'.repeat(count)}</Shape>`,
  });
  assert.equal(parseSceneObject(xml2Object(shape(9))).findings.length, 9);
  refused(shape(10), 'Shape');
});

test('an object of nothing but bad values is given up early', () => {
  const item = (index: number): string =>
    itemXml(`00000000-0000-0000-0000-${String(index).padStart(12, '0')}`, { Type: '<Type>x</Type>' });
  const items = Array.from({ length: 10_001 }, (_, index) => item(index)).join('');
  const text = xml2Object({ TaskInventory: `<TaskInventory>${items}</TaskInventory>` });
  assert.throws(() => parseSceneObject(text), /more than 10000 elements/);
  assert.deepEqual(findObjectReferences(Buffer.from(text)), []);
});

test('an item id twice in one part loses the object', () => {
  refused(
    { TaskInventory: `<TaskInventory>${itemXml(ownerId)}${itemXml(ownerId)}</TaskInventory>` },
    'TaskInventory/item 1/ItemID',
  );
  refused({ TaskInventory: '<TaskInventory><Item /></TaskInventory>' }, 'TaskInventory/item 0');
});

test('decimal commas are read where no number has a point', () => {
  const commas: Elements = {
    GroupPosition: '<GroupPosition><X>1,5</X><Y>2</Y><Z>3</Z></GroupPosition>',
    Scale: '<Scale><X>0,5</X><Y>0,5</Y><Z>0,5</Z></Scale>',
    Name: '<Name>1,5</Name>',
  };
  const object = parseSceneObject(xml2Object(commas));
  assert.equal(object.parts[0]?.groupPosition.x, 1.5);
  assert.equal(object.name, '1,5');
  assert.equal(object.needsRepair, true);
  assert.throws(() => parseSceneObject(xml2Object({ GroupPosition: commas['GroupPosition'] ?? '' })), {
    rule: 'O1',
  });
});

test('prefixes doubled in 2014 are collapsed', () => {
  const text = xml2Object().replace(
    '<SceneObjectPart>',
    '<SceneObjectPart xmlns:xmlns:xmlns:xsi="a" xmlns:xmlns:xsd="b">',
  );
  assert.equal(parseSceneObject(text).needsRepair, true);
});

test('links and ranges are looked at', () => {
  const two = (first: number, second: number): readonly string[] => {
    const link = (number: number): string =>
      partXml({
        LinkNum: `<LinkNum>${number}</LinkNum>`,
        UUID: `<UUID>${number === 1 ? partId : ownerId}</UUID>`,
      });
    const text = `<SceneObjectGroup>${link(first)}<OtherParts>${link(second)}</OtherParts></SceneObjectGroup>`;
    return parseSceneObject(text).findings.map(({ rule, message }) => `${rule} ${message}`);
  };
  assert.deepEqual(two(1, 2), []);
  assert.deepEqual(two(2, 1), ['O2 the first part is not the root']);
  assert.deepEqual(two(1, 3), ['O2 the link numbers have gaps']);
  const far = xml2Object({ GroupPosition: '<GroupPosition><X>300</X><Y>0</Y><Z>0</Z></GroupPosition>' });
  assert.equal(parseSceneObject(far, { regionSize: { x: 256, y: 256 } }).findings[0]?.rule, 'O3');
  assert.deepEqual(parseSceneObject(far).findings, []);
  assert.equal(
    parseSceneObject(xml2Object({ Scale: '<Scale><X>0</X><Y>1</Y><Z>1</Z></Scale>' })).findings[0]?.field,
    'part 0/Scale',
  );
});

const material =
  `<DynAttrs><llsd><map><key>OpenSim</key><map><key>Materials</key><map><key>Materials</key><array><map><key>ID</key><uuid>${partId}</uuid>` +
  `<key>Material</key><map><key>NormMap</key><uuid>${ownerId}</uuid></map></map></array></map></map></map></llsd></DynAttrs>`;

test('references of every sort, each with its place', () => {
  const ids = Array.from({ length: 4 }, (_, index) => `5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a0${index}`);
  const override = Buffer.from(`\u0001\u0000\u0024\u0000${ids[3] ?? ''}`, 'latin1').toString('base64');
  const animation = Buffer.concat([
    Buffer.from([1, 0]),
    Buffer.from((ids[2] ?? '').replaceAll('-', ''), 'hex'),
    Buffer.from([1, 0x61]),
  ]);
  const { references } = parseSceneObject(
    xml2Object({
      SoundID: `<SoundID><UUID>${ids[0] ?? ''}</UUID></SoundID>`,
      CollisionSound: '<CollisionSound><UUID>ffffffff-ffff-ffff-ffff-ffffffffffff</UUID></CollisionSound>',
      SOPAnims: `<SOPAnims>${animation.toString('base64')}</SOPAnims>`,
      Shape: `<Shape><SculptTexture><UUID>${ids[1] ?? ''}</UUID></SculptTexture><SculptType>133</SculptType><MatOvrd>${override}</MatOvrd></Shape>`,
      TaskInventory: `<TaskInventory>${itemXml(ownerId)}${itemXml(partId, { Type: '<Type>24</Type>', AssetID: '<AssetID>11111111-1111-1111-1111-111111111111</AssetID>' })}</TaskInventory>`,
      DynAttrs: material,
    }),
  );
  assert.deepEqual(
    references.map(({ id, type, certain, where }) => [id, type, certain, where]).sort(),
    [
      [ids[0], 1, true, 'part 0/SoundID'],
      [ids[1], 49, true, 'part 0/Shape/SculptTexture'],
      [ids[2], 20, true, 'part 0/SOPAnims/SOPAnims "a"'],
      [ids[3], 0, false, 'part 0/Shape/MatOvrd/text'],
      [ownerId, 0, true, 'part 0/DynAttrs/material 0 NormMap'],
      [partId, 10, true, 'part 0/TaskInventory/item 0 "Script"'],
    ].sort(),
  );
});

test('references are found in objects that would be refused, and none in what is no object', () => {
  const broken = xml2Object({
    Scale: '<Scale><X>NaN</X></Scale>',
    SoundID: `<SoundID><UUID>${partId}</UUID></SoundID>`,
  });
  assert.deepEqual(
    findObjectReferences(Buffer.from(broken)).map(({ id }) => id),
    [partId],
  );
  assert.match(readObjectReferences(Buffer.from('ITG\x01rest')).problem ?? '', /Halcyon/);
  assert.deepEqual(findObjectReferences(Buffer.from([0xff, 0xfe, 0x00])), []);
  assert.deepEqual(findObjectReferences(new Uint8Array(0)), []);
});

test('damaged objects throw nothing but a DocumentError', { skip: missing('fixtures') }, () => {
  const documents = samples(objectEntries).filter(({ bytes }) => bytes.length < 20_000);
  assertSurvivesDamage(
    documents.filter((_, index) => index % 9 === 0).map(({ bytes }) => bytes),
    (bytes) => parseSceneObject(decodeDocument(bytes).text),
    400,
  );
});
