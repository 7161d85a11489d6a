import { parseUuid, uuidToBytes, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockError } from './byte-reader.ts';
import { assetTypeOfSculpt, extraParamReferences, readExtraParams } from './extra-params.ts';
import { objectAnimationReferences, readObjectAnimations } from './object-animations.ts';
import { particleSystemReferences, particleTexture } from './particle-system.ts';
import { readTextureEntry, textureEntryReferences } from './texture-entry.ts';

const plywood = parseUuid('89556747-24cb-43ed-920b-47caed15465f');
const second = parseUuid('11111111-2222-3333-4444-555555555555');
const third = parseUuid('aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee');

const anyUuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
  .map((hex) => parseUuid(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')));

function bitfield(faces: readonly number[]): number[] {
  let bits = faces.reduce((sum, face) => sum | (1n << BigInt(face)), 0n);
  const bytes = [Number(bits & 0x7fn)];
  for (bits >>= 7n; bits > 0n; bits >>= 7n) bytes.unshift(Number(bits & 0x7fn) | 0x80);
  return bytes;
}

function idSection(base: Uuid, faces: ReadonlyMap<number, Uuid>): Uint8Array {
  const parts = [uuidToBytes(base)];
  for (const [face, id] of faces) parts.push(Uint8Array.from(bitfield([face])), uuidToBytes(id));
  return Buffer.concat([...parts, Uint8Array.of(0)]);
}

/** Sections 2 to 10 with one exception each, for face 44. */
function middle(): Uint8Array {
  return Buffer.concat(
    [4, 4, 4, 2, 2, 2, 1, 1, 1].map((size) =>
      Buffer.concat([
        Buffer.alloc(size),
        Uint8Array.from(bitfield([44])),
        Buffer.alloc(size, 7),
        Buffer.alloc(1),
      ]),
    ),
  );
}

test('a texture entry gives back the textures and materials of its faces', () => {
  const faces = fc
    .dictionary(fc.integer({ min: 0, max: 44 }).map(String), anyUuid)
    .map((entries) => new Map(Object.entries(entries).map(([face, id]) => [Number(face), id])));
  fc.assert(
    fc.property(anyUuid, faces, anyUuid, faces, (texture, textureFaces, material, materialFaces) => {
      const bytes = Buffer.concat([
        idSection(texture, textureFaces),
        middle(),
        idSection(material, materialFaces),
      ]);
      const entry = readTextureEntry(bytes);
      assert.deepEqual(entry, {
        textures: { default: texture, faces: textureFaces },
        materials: { default: material, faces: materialFaces },
      });
    }),
  );
});

test('one exception may name several faces', () => {
  const bytes = Buffer.concat([
    uuidToBytes(plywood),
    Uint8Array.from(bitfield([0, 3, 9])),
    uuidToBytes(second),
    Uint8Array.of(0),
    middle(),
  ]);
  const entry = readTextureEntry(bytes);
  assert.deepEqual([...(entry?.textures.faces.keys() ?? [])], [0, 3, 9]);
  assert.equal(entry?.materials, undefined);
});

test('old texture entries end after glow, without the closing 0', () => {
  const bytes = Buffer.concat([idSection(plywood, new Map()), middle()]).subarray(0, -1);
  assert.deepEqual(readTextureEntry(bytes)?.textures.default, plywood);
});

test('references of surplus faces are not certain, zero ids are none', () => {
  const bytes = Buffer.concat([
    idSection(
      zeroUuid,
      new Map([
        [0, plywood],
        [7, second],
      ]),
    ),
    middle(),
    idSection(third, new Map()),
  ]);
  assert.deepEqual(
    textureEntryReferences(bytes, 6).map(({ id, type, certain }) => [id, type, certain]),
    [
      [plywood, 0, true],
      [second, 0, false],
      [third, -2, true],
    ],
  );
});

test('short, cut and endless texture entries', () => {
  assert.equal(readTextureEntry(Buffer.alloc(15)), undefined);
  assert.throws(() => readTextureEntry(uuidToBytes(plywood)), BlockError);
  const endless = Buffer.concat([uuidToBytes(plywood), Buffer.alloc(40, 0xff)]);
  assert.throws(() => readTextureEntry(endless), BlockError);
});

function extraParam(type: number, payload: Uint8Array): Uint8Array {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(type, 0);
  head.writeUInt32LE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

test('extra params give sculpt, mesh, projector and render materials, and skip the unknown', () => {
  const params = [
    extraParam(0x10, Buffer.alloc(16)),
    extraParam(0x30, Buffer.concat([uuidToBytes(plywood), Uint8Array.of(5)])),
    extraParam(0xff0, Buffer.alloc(3)),
    extraParam(0x40, Buffer.concat([uuidToBytes(second), Buffer.alloc(12)])),
    extraParam(0x80, Buffer.concat([Uint8Array.of(1, 4), uuidToBytes(third)])),
  ];
  const bytes = Buffer.concat([Uint8Array.of(params.length), ...params]);
  assert.deepEqual(
    extraParamReferences(bytes).map(({ id, type, where }) => [id, type, where]),
    [
      [plywood, 49, 'ExtraParams mesh'],
      [second, 0, 'ExtraParams projector'],
      [third, 57, 'ExtraParams render material of face 4'],
    ],
  );
  assert.deepEqual(readExtraParams(new Uint8Array(0)), []);
  assert.throws(() => readExtraParams(bytes.subarray(0, -1)), BlockError);
  const short = Buffer.concat([Uint8Array.of(1), extraParam(0x80, Uint8Array.of(9))]);
  assert.throws(() => extraParamReferences(short), BlockError);
});

test('the low bits of a sculpt type tell meshes from maps', () => {
  assert.equal(assetTypeOfSculpt(5), 49);
  assert.equal(assetTypeOfSculpt(5 + 64 + 128), 49);
  assert.equal(assetTypeOfSculpt(1), 0);
});

test('particle systems of both forms name their texture', () => {
  const legacy = Buffer.alloc(86);
  legacy.set(uuidToBytes(second), 36);
  assert.equal(particleTexture(legacy), second);
  const sized = Buffer.alloc(96);
  sized.writeUInt32LE(68, 0);
  sized.set(uuidToBytes(third), 40);
  assert.deepEqual(
    particleSystemReferences(sized).map(({ id }) => id),
    [third],
  );
  assert.deepEqual(particleSystemReferences(Buffer.alloc(86)), []);
  assert.equal(particleTexture(Buffer.alloc(0)), undefined);
  assert.equal(particleTexture(Buffer.alloc(95)), undefined);
});

test('all animations of an object are listed', () => {
  const entry = (id: Uuid, name: string): Uint8Array => {
    const text = Buffer.from(name);
    return Buffer.concat([uuidToBytes(id), Uint8Array.of(text.length), text]);
  };
  const bytes = Buffer.concat([Uint8Array.of(2, 0), entry(second, 'wäve'), entry(third, '')]);
  assert.deepEqual(readObjectAnimations(bytes), [
    { id: second, name: 'wäve' },
    { id: third, name: '' },
  ]);
  assert.deepEqual(
    objectAnimationReferences(bytes).map(({ id, type }) => [id, type]),
    [
      [second, 20],
      [third, 20],
    ],
  );
  assert.throws(() => readObjectAnimations(bytes.subarray(0, -1)), BlockError);
});

test('random blocks are read or refused with a BlockError', () => {
  const readers = [
    textureEntryReferences,
    extraParamReferences,
    particleSystemReferences,
    objectAnimationReferences,
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...readers), (bytes, read) => {
      try {
        read(bytes);
      } catch (error) {
        assert.ok(error instanceof BlockError);
      }
    }),
  );
});
