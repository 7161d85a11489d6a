import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SniffedKind } from './sniff.ts';
import { agrees, sniffAsset, sniffBytesMax } from './sniff.ts';
import { assetKinds } from './asset-kinds.ts';

function tga(type: number, depth: number): Uint8Array {
  const bytes = Buffer.alloc(18 + (4 * 4 * depth) / 8);
  bytes[2] = type;
  bytes.writeUInt16LE(4, 12);
  bytes.writeUInt16LE(4, 14);
  bytes[16] = depth;
  return bytes;
}

function animation(): Uint8Array {
  const bytes = Buffer.alloc(60);
  bytes.writeUInt16LE(1, 0);
  bytes.writeInt32LE(4, 4);
  bytes.writeFloatLE(1.5, 8);
  return bytes;
}

const meshHead = '{\0\0\0\u0001k\0\0\0\u0008high_lod{\0\0\0\0}';

const samples: readonly (readonly [SniffedKind, string | Uint8Array])[] = [
  ['empty', ''],
  ['jpeg2000 codestream', '\u00ff\u004f\u00ff\u0051rest'],
  ['jpeg2000 boxes', '\0\0\0\u000cjP  \r\n\u0087\nrest'],
  ['jpeg', '\u00ff\u00d8\u00ff\u00e0'],
  ['png', '\u0089PNG\r\n\u001a\n'],
  ['gzip', '\u001f\u008b\u0008\0'],
  ['tga', tga(2, 32)],
  ['tga', tga(10, 24)],
  ['ogg vorbis', `OggS${'\0'.repeat(24)}\u0001vorbis`],
  ['binary', `OggS${'\0'.repeat(24)}OpusHead`],
  ['wav', 'RIFF1234WAVEfmt '],
  ['animation', animation()],
  ['mesh', meshHead],
  ['mesh', `<? LLSD/Binary ?>\n${meshHead}`],
  ['llsd binary', '{\0\0\0\u0001k\0\0\0\u0001ai\0\0\0\0}'],
  ['llsd binary', '<?llsd/binary?>\n{\0\0\0\0}'],
  ['llsd binary', '{\0\0\0\0}'],
  ['llsd notation', "<? llsd/notation ?>\n{'a':i1}"],
  ['llsd notation', "{'type':'sky'}"],
  ['llsd xml', '<? LLSD/XML ?>\n<llsd><map/></llsd>'],
  ['llsd xml', '<?xml version="1.0"?>\n<!-- x --><llsd/>'],
  ['notecard', 'Linden text version 2\n{'],
  ['landmark', 'Landmark version 2\n'],
  ['calling card', 'Callingcard version 2\n'],
  ['wearable', 'LLWearable version 22\n'],
  ['gesture', '2\n255\n0\n/hi\n'],
  ['gesture', '2\n255\n0\n/hi\n\n1\n0\n\0\n'],
  ['object', ' <SceneObjectGroup><RootPart>'],
  ['object', '\ufeff<?xml version="1.0" encoding="utf-16"?>\n<SceneObjectGroup>'],
  ['coalesced object', '<CoalescedObject x="1">'],
  ['halcyon object', 'ITG\u0001'],
  ['halcyon coalesced object', 'ITC\u0001'],
  ['html', '<!DOCTYPE html><html>'],
  ['html', '<?xml version="1.0"?><!DOCTYPE html PUBLIC "">'],
  ['html', '\n<HTML><body>'],
  ['xml', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
  ['xml', '<!-- no end'],
  ['json', '{"asset":{"version":"2.0"}}'],
  ['gltf binary', 'glTF\u0002\0\0\0'],
  ['text', 'default { state_entry() {} }\n\0'],
  ['text', '\n\t// nothing yet'],
  ['binary', '\0\0\0\0'],
  ['binary', '\u00c3\u0028 is no UTF-8'],
];

for (const [kind, sample] of samples)
  test(`${kind}: ${JSON.stringify(Buffer.from(sample).toString('latin1', 0, 24))}`, () => {
    const utf8 = kind === 'object' || kind === 'text';
    assert.equal(
      sniffAsset(typeof sample === 'string' ? Buffer.from(sample, utf8 ? 'utf8' : 'latin1') : sample),
      kind,
    );
  });

test('a character cut by the end of the head is no sign of binary data', () => {
  const text = Buffer.from('ä'.repeat(sniffBytesMax));
  for (const shift of ['', '-', '--', '---']) {
    const bytes = Buffer.concat([Buffer.from(shift), text]);
    assert.equal(sniffAsset(bytes), 'text');
  }
});

test('thousands of comments cost no more than their length', () => {
  assert.equal(sniffAsset(Buffer.from('<!---->'.repeat(600))), 'xml');
});

test('the head alone gives the same answer', () => {
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.nat(255), ([, sample], filler) => {
      const head = Buffer.from(sample);
      const long = Buffer.concat([head, Buffer.alloc(sniffBytesMax * 2, filler)]);
      assert.equal(sniffAsset(long.subarray(0, sniffBytesMax * 2)), sniffAsset(long));
    }),
  );
});

test('an empty asset or a web page agrees with no kind that has content', () => {
  for (const { type } of assetKinds) {
    assert.equal(agrees(type, 'empty'), type === 2);
    const opaque = [-1, 8, 11, 22, 24, 25, 26].includes(type);
    assert.equal(agrees(type, 'html'), opaque, String(type));
  }
});
