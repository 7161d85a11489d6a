import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { decodeDocument } from './document-text.ts';
import { moveObject, withoutKeyframeMotion, withoutScriptStates } from './object-edits.ts';
import { mapIdentities } from './object-identities.ts';
import { repairSceneObject } from './object-repairs.ts';
import { parseSceneObject } from './scene-object.ts';
import { sampleEntry } from './test-support/archive-entries.ts';
import { itemXml, originalObject, ownerId, xml2Object } from './test-support/object-xml.ts';
import { objectEntries, samples } from './test-support/samples.ts';
import { applyEdits } from './text-edits.ts';

test('moving touches only the positions', () => {
  const moved = moveObject(xml2Object(), { x: 10, y: 0, z: -5.25 });
  assert.equal(
    moved,
    xml2Object({ GroupPosition: '<GroupPosition><X>138</X><Y>64.5</Y><Z>19.75</Z></GroupPosition>' }),
  );
  assert.equal(moveObject(xml2Object(), { x: 0, y: 0, z: 0 }), xml2Object());
  assert.throws(
    () =>
      moveObject(xml2Object({ GroupPosition: '<GroupPosition><X>NaN</X><Y>0</Y><Z>0</Z></GroupPosition>' }), {
        x: 1,
        y: 0,
        z: 0,
      }),
    { rule: 'O3' },
  );
});

test('every real object moves with all its parts', { skip: missing('fixtures') }, () => {
  for (const { name, bytes } of samples(/(?:^|\/)objects\//)) {
    const text = decodeDocument(bytes).text;
    const before = parseSceneObject(text);
    const after = parseSceneObject(moveObject(text, { x: 256, y: -256, z: 0 }));
    after.parts.forEach((part, index) => {
      const old = before.parts[index] ?? assert.fail(name);
      assert.equal(Math.fround(part.groupPosition.x), Math.fround(old.groupPosition.x + 256));
      assert.deepEqual({ ...part, groupPosition: old.groupPosition }, old);
    });
  }
});

test(
  'payloads that are never trusted are left out, wherever they stand',
  { skip: missing('fixtures') },
  () => {
    const hostile = decodeDocument(
      sampleEntry(fixture('hostile', 'object-keyframe-motion.oar'), /^objects\//),
    ).text;
    const stripped = withoutKeyframeMotion(hostile);
    assert.equal(parseSceneObject(stripped).hasKeyframeMotion, false);
    assert.equal(stripped, hostile.replace(/<KeyframeMotion>.*<\/KeyframeMotion>/s, ''));
    const withStates = samples(/_object\.xml$/)
      .map(({ bytes }) => decodeDocument(bytes).text)
      .filter((text) => text.includes('<GroupScriptStates>'));
    assert.ok(withStates.length > 0);
    for (const text of withStates) {
      assert.equal(
        withoutScriptStates(text),
        text.replace(/<GroupScriptStates>.*<\/GroupScriptStates>/s, ''),
      );
      assert.equal(parseSceneObject(withoutScriptStates(text)).scriptStateCount, 0);
    }
  },
);

test('payloads hidden inside a part or an unknown element are found too', () => {
  for (const hidden of [
    xml2Object({ Hidden: '<KeyframeMotion>AAEAAAD</KeyframeMotion>' }),
    xml2Object({}, '<Other><KeyframeMotion>AAEAAAD</KeyframeMotion></Other>'),
    originalObject({}, '<KeyframeMotion />'),
  ]) {
    assert.equal(parseSceneObject(hidden).hasKeyframeMotion, true);
    assert.doesNotMatch(withoutKeyframeMotion(hidden), /KeyframeMotion/);
  }
  const state = xml2Object(
    {},
    `<Other><SavedScriptState UUID="${ownerId}"><State /></SavedScriptState></Other>`,
  );
  assert.equal(parseSceneObject(state).scriptStateCount, 1);
  assert.doesNotMatch(withoutScriptStates(state), /ScriptState/);
});

const replacement = parseUuid('5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01');

test('identities are mapped in parts and items, and nothing else changes', () => {
  const text = originalObject({
    TaskInventory: `<TaskInventory>${itemXml(replacement, { OwnerID: `<OwnerID><Guid>${ownerId}</Guid></OwnerID>`, PermsGranter: `<PermsGranter>${ownerId}</PermsGranter>` })}</TaskInventory>`,
    RezzerID: '<RezzerID><UUID /></RezzerID>',
  });
  const seen: string[] = [];
  const mapped = mapIdentities(text, ({ role, id }) => {
    seen.push(`${role} ${id === zeroUuid ? 'zero' : id}`);
    return role === 'creator' ? undefined : { id: replacement };
  });
  assert.deepEqual(seen, [
    `creator ${ownerId}`,
    `owner ${ownerId}`,
    'rezzer zero',
    `owner ${ownerId}`,
    `permsGranter ${ownerId}`,
  ]);
  assert.equal(
    mapped,
    text
      .replace(`<OwnerID><UUID>${ownerId}`, `<OwnerID><UUID>${replacement}`)
      .replace(`<OwnerID><Guid>${ownerId}`, `<OwnerID><Guid>${replacement}`)
      .replace(`<PermsGranter>${ownerId}`, `<PermsGranter>${replacement}`)
      .replace('<UUID />', `<UUID>${replacement}</UUID>`),
  );
  assert.equal(
    mapIdentities(text, () => undefined),
    text,
  );
});

test('creator data is added, replaced, removed', () => {
  const set = (text: string, creatorData: string): string =>
    mapIdentities(text, ({ role, id }) => (role === 'creator' ? { id, creatorData } : undefined));
  const added = set(xml2Object(), 'http://a/;A & B');
  assert.match(added, /<\/CreatorID><CreatorData>http:\/\/a\/;A &amp; B<\/CreatorData><UUID>/);
  assert.equal(parseSceneObject(added).parts[0]?.creatorData, 'http://a/;A & B');
  assert.equal(parseSceneObject(set(added, 'new')).parts[0]?.creatorData, 'new');
  assert.equal(set(added, ''), xml2Object());
});

test('every real object keeps its bytes when nobody is renamed', { skip: missing('fixtures') }, () => {
  for (const { bytes } of samples(objectEntries)) {
    const text = decodeDocument(bytes).text;
    assert.equal(
      mapIdentities(text, ({ id }) => ({ id })),
      text,
    );
    assert.equal(repairSceneObject(text).text, text);
    const mapped = parseSceneObject(mapIdentities(text, () => ({ id: replacement })));
    for (const { id } of mapped.identities) assert.equal(id, replacement);
  }
});

test('edits in any order equal those from the end', () => {
  const cuts = fc
    .uniqueArray(fc.nat(30), { minLength: 2, maxLength: 8 })
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.string({ minLength: 31, maxLength: 31 }), cuts, fc.string(), (text, at, replacement_) => {
      const edits = at
        .slice(1)
        .flatMap((end, index) =>
          index % 2 === 0 ? [{ start: at[index] ?? 0, end, replacement: replacement_ }] : [],
        );
      const expected = edits.reduceRight(
        (result, { start, end, replacement: to }) => result.slice(0, start) + to + result.slice(end),
        text,
      );
      assert.equal(applyEdits(text, edits.toReversed()), expected);
    }),
  );
  assert.throws(
    () =>
      applyEdits('abcdef', [
        { start: 0, end: 3, replacement: '' },
        { start: 2, end: 4, replacement: '' },
      ]),
    RangeError,
  );
});
