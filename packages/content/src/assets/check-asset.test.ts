import type { LlsdValue } from '@gridkeep/wire/llsd/value';
import { writeLlsdBinary } from '@gridkeep/wire/llsd/binary-writer';
import { writeZippedLlsd } from '@gridkeep/wire/llsd/zipped';
import { LlsdReal } from '@gridkeep/wire/llsd/value';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import type { AssetType } from './asset-kinds.ts';
import { assetKinds } from './asset-kinds.ts';
import { checkAsset } from './check-asset.ts';

/** `severity message` of every problem. */
function problems(type: AssetType, content: string | Uint8Array, inflateMeshes = false): string[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return checkAsset(type, bytes, { inflateMeshes }).map(({ severity, message }) => `${severity} ${message}`);
}

test('size and emptiness come first', () => {
  for (const { type, bytesMax, name } of assetKinds) {
    if (bytesMax > 0 && type !== 2)
      assert.deepEqual(problems(type, ''), [`error no bytes where a ${name} should be`]);
    const [problem] = checkAsset(type, new Uint8Array(bytesMax + 1));
    assert.equal(problem?.rule, 'size', name);
  }
  assert.deepEqual(problems(2, ''), []);
});

test('content of another kind is told, and useless content is an error', () => {
  assert.deepEqual(problems(0, '<html><body>502</body></html>'), ['error a web page instead of a Texture']);
  assert.deepEqual(problems(0, 'Linden text version 2\n'), [
    'warning looks like notecard, not like a Texture',
  ]);
  assert.deepEqual(problems(6, 'ITG\u0001rest'), [
    'error a binary object of Halcyon, which OpenSimulator cannot load',
  ]);
});

/** A codestream of one empty tile: SIZ, COD with 5 levels, SOT with its length, SOD, EOC. */
function codestream(width: number, height: number, components: number, precision = 8): Buffer {
  const siz = Buffer.alloc(4 + 36 + 3 * components);
  siz.writeUInt16BE(0xff51, 0);
  siz.writeUInt16BE(38 + 3 * components, 2);
  for (const [at, value] of [
    [6, width],
    [10, height],
    [22, width],
    [26, height],
  ] as const)
    siz.writeUInt32BE(value, at);
  siz.writeUInt16BE(components, 38);
  for (let index = 0; index < components; index += 1) siz.set([precision - 1, 1, 1], 40 + 3 * index);
  const cod = Buffer.from('ff52000c00000001010504040001', 'hex');
  const sot = Buffer.from('ff90000a0000000000120001ff9300000000', 'hex');
  return Buffer.concat([Buffer.from('ff4f', 'hex'), siz, cod, sot, Buffer.from('ffd9', 'hex')]);
}

describe('textures', () => {
  test('a whole codestream is sound, bare or in boxes', () => {
    const bare = codestream(512, 256, 3);
    assert.deepEqual(problems(0, bare), []);
    const box = Buffer.alloc(8);
    box.writeUInt32BE(bare.length + 8, 0);
    box.write('jp2c', 4);
    const boxed = Buffer.concat([Buffer.from('0000000c6a5020200d0a870a', 'hex'), box, bare]);
    assert.deepEqual(problems(0, boxed), []);
    assert.deepEqual(problems(0, boxed.subarray(0, 12)), ['error JP2 file without a codestream box']);
  });

  test('sizes, components and precision out of the ordinary', () => {
    assert.deepEqual(problems(0, codestream(4096, 16, 3)), [
      'warning SIZ: 4096 x 16 pixels, more than 2048 on a side',
    ]);
    assert.deepEqual(problems(0, codestream(60_000, 60_000, 3)), [
      'error SIZ: 60000 x 60000 pixels, more than 8192 on a side',
    ]);
    assert.deepEqual(problems(0, codestream(64, 64, 6)), ['error SIZ: 6 components']);
    assert.deepEqual(problems(0, codestream(64, 64, 1, 12)), ['warning SIZ: components of 12 bits']);
    assert.deepEqual(problems(0, codestream(0, 64, 3)), ['error SIZ: the picture has no pixels']);
  });

  test('truncation is a warning, since the picture still shows', () => {
    const whole = codestream(64, 64, 3);
    assert.deepEqual(problems(0, whole.subarray(0, -2)), ['warning truncated: ends without the end marker']);
    const [cut] = problems(0, whole.subarray(0, -4));
    assert.match(cut ?? '', /^warning truncated: tile-part at \d+ has 16 of its 18 bytes$/);
    assert.deepEqual(problems(0, whole.subarray(0, 30)), [
      'error no SIZ marker at the start of the codestream',
    ]);
  });
});

/** One Ogg page with the right checksum. */
function oggPage(body: Uint8Array, granule: bigint): Buffer {
  const page = Buffer.concat([Buffer.alloc(27 + 1), body]);
  page.write('OggS');
  page.writeBigUInt64LE(granule, 6);
  page[26] = 1;
  page[27] = body.length;
  let crc = 0;
  for (const byte of page) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  page.writeUInt32LE(crc >>> 0, 22);
  return page;
}

function sound(channels: number, rate: number, seconds: number): Buffer {
  const head = Buffer.alloc(30);
  head.write('\u0001vorbis');
  head[11] = channels;
  head.writeUInt32LE(rate, 12);
  return Buffer.concat([oggPage(head, 0n), oggPage(Buffer.alloc(40, 3), BigInt(rate * seconds))]);
}

describe('sounds', () => {
  test('format and length', () => {
    assert.deepEqual(problems(1, sound(1, 44_100, 9)), []);
    assert.deepEqual(problems(1, sound(2, 22_050, 60)), [
      'warning 2 channels; viewers upload 1',
      'warning 22050 Hz; viewers upload 44100',
      'warning 60 seconds long',
    ]);
    assert.deepEqual(problems(1, sound(0, 44_100, 1)), ['error 0 channels at 44100 Hz']);
  });

  test('pages that are cut or altered', () => {
    const good = sound(1, 44_100, 9);
    assert.deepEqual(problems(1, good.subarray(0, -1)), ['error page 1 at 58: cut off']);
    const altered = Buffer.from(good);
    altered[good.length - 1] = 0;
    assert.deepEqual(problems(1, altered), ['error page 1 at 58: wrong checksum']);
    assert.deepEqual(problems(1, Buffer.concat([good, Buffer.alloc(40)])), [
      'error page 2 at 126: no page starts here',
    ]);
  });

  test('WAV: 16 bit PCM and all of its samples', () => {
    const wav = Buffer.alloc(44 + 8);
    wav.write('RIFF');
    wav.write('WAVEfmt ', 8);
    wav.writeUInt32LE(16, 16);
    wav.writeUInt16LE(1, 20);
    wav.writeUInt16LE(16, 34);
    wav.write('data', 36);
    wav.writeUInt32LE(8, 40);
    assert.deepEqual(problems(17, wav), []);
    assert.deepEqual(problems(17, wav.subarray(0, -3)), ['error 5 of 8 bytes of samples']);
    assert.deepEqual(problems(17, wav.subarray(0, 36)), ['error no samples']);
    wav.writeUInt16LE(8, 34);
    assert.deepEqual(problems(17, wav), ['warning format 1 with 8 bits, not 16 bit PCM']);
  });
});

test('pictures other than textures', () => {
  const tga = Buffer.alloc(18 + 16 * 3);
  tga[2] = 2;
  tga.writeUInt16LE(4, 12);
  tga.writeUInt16LE(4, 14);
  tga[16] = 24;
  assert.deepEqual(problems(12, tga), []);
  assert.deepEqual(problems(12, tga.subarray(0, -1)), ['error 65 bytes for 16 pixels that need 66']);
  const jpeg = Buffer.from('ffd8ffe0000400000ff0'.slice(0, 16) + 'ffc0000b08001000200301110000ffd9', 'hex');
  assert.deepEqual(problems(19, jpeg), []);
  assert.deepEqual(problems(19, jpeg.subarray(0, -2)), ['warning truncated: no end marker']);
  assert.deepEqual(problems(19, jpeg.subarray(0, 8)), ['error no frame header']);
});

function animation({ joint = 'mHead', keys = 2, constraints = 0, tail = 0, duration = 1 } = {}): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(1, 0);
  head.writeInt32LE(3, 4);
  head.writeFloatLE(duration, 8);
  const middle = Buffer.alloc(1 + 8 + 4 + 8 + 4 + 4);
  middle.writeUInt32LE(1, 25);
  const counts = Buffer.alloc(8);
  counts.writeInt32LE(keys, 4);
  const last = Buffer.alloc(8);
  last.writeInt32LE(constraints, 4);
  return Buffer.concat([
    head,
    middle,
    Buffer.from(`${joint}\0`),
    counts,
    Buffer.alloc(Math.max(0, keys) * 8),
    last,
    Buffer.alloc(constraints * 86 + tail),
  ]);
}

test('animations end where their counts say', () => {
  assert.deepEqual(problems(20, animation()), []);
  assert.deepEqual(problems(20, animation({ constraints: 2 })), []);
  assert.deepEqual(problems(20, animation({ tail: 3 })), ['warning 3 bytes after the end']);
  assert.deepEqual(problems(20, animation({ joint: 'mRoot' })), ['error moves the joint mRoot']);
  assert.deepEqual(problems(20, animation({ duration: 90 })), ['error duration of 90 s']);
  assert.match(problems(20, animation({ keys: -1 })).join(), /^error cut off: -1 rotation keys$/);
  assert.match(problems(20, animation().subarray(0, -5)).join(), /^error cut off: /);
});

function mesh(block: Uint8Array, changes: { offset?: number; name?: string } = {}): Buffer {
  const entry = new Map<string, LlsdValue>([
    ['offset', changes.offset ?? 0],
    ['size', block.length],
  ]);
  const header = new Map<string, LlsdValue>([
    ['version', 1],
    [changes.name ?? 'high_lod', entry],
  ]);
  return Buffer.concat([writeLlsdBinary(header), block]);
}

describe('meshes', () => {
  const good = writeZippedLlsd([new Map([['Position', new LlsdReal(1)]])]);

  test('blocks lie inside and hold zipped LLSD', () => {
    assert.deepEqual(problems(49, mesh(good), true), []);
    assert.deepEqual(problems(49, mesh(good, { offset: 1 })), [
      `error high_lod: ends at ${good.length + 1} of ${good.length} bytes`,
      'error no level of detail',
    ]);
    assert.deepEqual(problems(49, mesh(good, { offset: -1 })), [
      'error high_lod: no offset and size',
      'error no level of detail',
    ]);
    assert.deepEqual(problems(49, mesh(good, { name: 'physics_mesh' })), ['error no level of detail']);
    assert.deepEqual(problems(49, mesh(Buffer.from('not zlib'))), [
      'error high_lod: not a zlib stream',
      'error no level of detail',
    ]);
  });

  test('a bomb is found when blocks are inflated, without inflating it whole', () => {
    const bomb = mesh(deflateSync(Buffer.alloc(40 * 1024 * 1024)));
    assert.deepEqual(problems(49, bomb), []);
    assert.match(problems(49, bomb, true).join(), /^error high_lod: .*at most 33554432 bytes/);
  });

  test('a header that nests too deep or never ends', () => {
    const deep = Buffer.concat([
      Buffer.from('{\0\0\0\u0001k\0\0\0\u0008high_lod', 'latin1'),
      Buffer.from('[\0\0\0\u0001'.repeat(5000), 'latin1'),
    ]);
    assert.match(problems(49, deep).join(), /^error header: /);
  });
});

describe('text kinds', () => {
  const card = 'Linden text version 2\n{\nLLEmbeddedItems version 1\n{\ncount 0\n}\nText length 5\nHello}\n';

  test('notecards', () => {
    assert.deepEqual(problems(7, card), []);
    assert.deepEqual(problems(7, `${card}\0`), []);
    assert.deepEqual(problems(7, card.replace('length 5', 'length 50')), ['error 7 of 50 bytes of text']);
    assert.deepEqual(problems(7, card.replace('length 5', 'length 4')), ['error no brace after the text']);
    assert.deepEqual(problems(7, card.replace('count 0\n}', 'count 0')), [
      'error braces of the embedded items do not match',
    ]);
    assert.deepEqual(problems(7, card.replace('count 0', 'count 2')), [
      'error 0 embedded items instead of 2',
    ]);
  });

  test('wearables', () => {
    const shape = 'LLWearable version 22\nShape\n\ntype 0\nparameters 1\n33 .5\ntextures 0\n';
    assert.deepEqual(problems(13, shape), []);
    assert.deepEqual(problems(5, shape), ['warning wearable type 0 is not for this kind of asset']);
    assert.deepEqual(problems(13, shape.replace('type 0', 'type 99')), ['error wearable type 99']);
    assert.deepEqual(problems(13, shape.replace('33 .5', '33')), [
      'error parameter 1 of 1 is not "<id> <weight>"',
    ]);
    assert.deepEqual(problems(13, shape.replace('parameters 1', 'parameters 100000')), [
      'error 100000 parameters',
    ]);
  });

  test('landmarks', () => {
    const landmark =
      'Landmark version 2\nregion_id 7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01\nlocal_pos 128 128 26.5\n';
    assert.deepEqual(problems(3, landmark), []);
    assert.deepEqual(problems(3, 'Landmark version 1\nposition 1 2 3\n'), []);
    assert.deepEqual(problems(3, landmark.replace('26.5', 'NaN')), ['error no three numbers in "local_pos"']);
    assert.deepEqual(problems(3, landmark.replace('7f0b', 'zzzz')), ['error no id in "region_id"']);
  });

  test('gestures', () => {
    const gesture = '2\n255\n0\n/x\n\n1\n3\n1.5\n0\n';
    assert.deepEqual(problems(21, gesture), []);
    assert.deepEqual(problems(21, gesture.replace('1.5', 'soon')), [
      'error step 1 waits for no number of seconds',
    ]);
    assert.deepEqual(problems(21, gesture.replace('\n1\n3', '\n9\n3')), ['error step 2 has no known type']);
  });

  test('scripts', () => {
    assert.deepEqual(problems(10, 'default { state_entry() { } }\0'), []);
    assert.deepEqual(problems(10, 'integer x;'), ['warning no default state']);
    assert.deepEqual(problems(10, `${'x'.repeat(5000)}\0default {`), ['error a NUL at byte 5000']);
  });

  test('objects', () => {
    assert.deepEqual(problems(6, '<SceneObjectGroup></SceneObjectGroup>\0'), []);
    assert.deepEqual(problems(6, '<SceneObjectGroup><RootPart>'), [
      'error cut off: no end tag of the whole object',
    ]);
    assert.deepEqual(problems(6, '<SceneObjectGroup><!DOCTYPE a []></SceneObjectGroup>'), [
      'error a DOCTYPE is not allowed',
    ]);
  });

  test('settings and materials', () => {
    assert.deepEqual(problems(56, "{'type':'sky'}"), []);
    assert.deepEqual(problems(56, "{'type':'daycycle','frames':{},'tracks':[]}"), []);
    assert.deepEqual(problems(56, "{'type':'moon'}"), [
      'error the type is neither sky nor water nor daycycle',
    ]);
    assert.match(problems(56, "{'type':'sky").join(), /^error /);
    const material = (data: string): Uint8Array =>
      writeLlsdBinary(
        new Map([
          ['version', '1.0'],
          ['type', 'GLTF 2.0'],
          ['data', data],
        ]),
      );
    assert.deepEqual(problems(57, material('{"materials":[{}]}')), []);
    assert.deepEqual(problems(57, material('{"materials":[]}')), ['error 0 materials instead of 1']);
    assert.deepEqual(problems(57, material('{')), ['error "data" is not JSON']);
    assert.deepEqual(problems(-2, '<llsd><map/></llsd>'), []);
    assert.deepEqual(problems(-2, '<llsd><array/></llsd>'), ['error not a map']);
  });
});
