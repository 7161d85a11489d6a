/** Whatever bytes a decoder is given: a value, or the error that says so. GRIDKEEP_FUZZ_RUNS makes it try longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { decodeManifest } from '../parity/parity-file.ts';
import { parseMasterKey } from '../sealing/master-key.ts';
import { readIndexFile, writeIndexFile } from './index-file.ts';
import { readLockFile, writeLockFile } from './lock-file.ts';
import { isNodeName, unescapeNodeName } from './node-names.ts';
import { decodePackHeader, encodePackHeader, packFileBytes } from './pack-header.ts';
import { newRepositoryConfig, readRepositoryConfig, writeRepositoryConfig } from './repository-config.ts';
import { readSnapshotFile, writeSnapshot } from './snapshot-encoding.ts';
import { decodeTree, encodeTree } from './tree-encoding.ts';
import { packUnpacked, readUnpacked } from './unpacked.ts';

const numRuns = Number(process.env['GRIDKEEP_FUZZ_RUNS'] ?? '400');
const id = parseBlobId('8ef88dcca8f5c0c71308ca781f447cfa61c4a58add47cc949e58d4274dc94739');
const entry = { type: 'data', id, offset: 0, length: 49, uncompressedLength: 8 } as const;

interface Decoder {
  readonly name: string;
  readonly sample: Buffer;
  /** Throws FormatError; anything that it takes must hold what the checks within say. */
  readonly decode: (bytes: Buffer) => void;
}

const binary: readonly Decoder[] = [
  {
    name: 'pack header',
    sample: encodePackHeader([entry, { ...entry, type: 'tree', offset: 49, uncompressedLength: undefined }]),
    decode: (bytes) => {
      const entries = decodePackHeader(bytes);
      assert.deepEqual(encodePackHeader(entries), bytes);
      assert.ok(packFileBytes(entries) > bytes.length);
    },
  },
  {
    name: 'unpacked file',
    sample: packUnpacked(JSON.stringify({ text: 'some text '.repeat(50) })),
    decode: (bytes) => {
      assert.ok(readUnpacked(bytes, 10_000).length <= 10_000);
    },
  },
];

const json: readonly Decoder[] = [
  {
    name: 'tree',
    sample: encodeTree([
      { type: 'file', name: 'ä\n<', modifiedAt: 1_700_000_000_123, size: 9, content: [id, id], mode: 0o4755 },
      { type: 'dir', name: 'folder', modifiedAt: 0, subtree: id },
      { type: 'symlink', name: 'link', modifiedAt: 0, linkTarget: 'caf\udce9' },
    ]),
    decode: (bytes) => {
      const nodes = decodeTree(bytes);
      for (const { name } of nodes) assert.ok(isNodeName(name));
      // What was taken once is taken again, and says the same.
      assert.deepEqual(decodeTree(encodeTree(nodes)), nodes);
    },
  },
  {
    name: 'index',
    sample: Buffer.from(writeIndexFile([{ id, blobs: [entry] }])),
    decode: (bytes) => {
      const { packs } = readIndexFile(bytes.toString());
      assert.deepEqual(readIndexFile(writeIndexFile(packs)).packs, packs);
    },
  },
  {
    name: 'snapshot',
    sample: Buffer.from(
      writeSnapshot({
        time: 1,
        tree: id,
        parent: id,
        paths: ['/'],
        hostname: 'h',
        tags: ['t'],
        username: 'u',
      }),
    ),
    decode: (bytes) => {
      const snapshot = readSnapshotFile(bytes.toString());
      assert.deepEqual(readSnapshotFile(writeSnapshot(snapshot)), snapshot);
    },
  },
  {
    name: 'lock',
    sample: Buffer.from(writeLockFile({ time: 1, exclusive: false, hostname: 'h', username: 'u', pid: 1 })),
    decode: (bytes) => {
      const lock = readLockFile(bytes.toString());
      assert.deepEqual(readLockFile(writeLockFile(lock)), lock);
    },
  },
  {
    name: 'config',
    sample: writeRepositoryConfig(newRepositoryConfig(0x2b023e1651a121n)),
    decode: (bytes) => {
      const config = readRepositoryConfig(bytes);
      assert.deepEqual(readRepositoryConfig(writeRepositoryConfig(config)), config);
    },
  },
  {
    name: 'master key',
    sample: Buffer.from(
      `{"mac":{"k":"${'A'.repeat(21)}E==","r":"${'B'.repeat(22)}=="},"encrypt":"${'C'.repeat(43)}="}`,
    ),
    decode: (bytes) => void parseMasterKey(bytes.toString()),
  },
];

const manifest: Decoder = {
  name: 'manifest of a parity file',
  sample: Buffer.concat([Buffer.of(2, 0, 0, 0), Buffer.from('{}'), Buffer.alloc(8)]),
  decode: (bytes) => void decodeManifest(bytes),
};

function attempt({ name, decode }: Decoder, bytes: Buffer): void {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof Error && error.name === 'FormatError') return;
    throw new Error(`${name} of ${bytes.toString('hex')}`, { cause: error });
  }
}

interface Damage {
  readonly kind: 'set' | 'cut' | 'end' | 'double';
  readonly at: number;
  readonly value: number;
}
const damages = fc.array(
  fc.record({
    kind: fc.constantFrom('set' as const, 'cut' as const, 'end' as const, 'double' as const),
    at: fc.nat(5000),
    value: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 6 },
);

function damaged(sample: Buffer, list: readonly Damage[]): Buffer {
  let bytes = Buffer.from(sample);
  for (const { kind, at, value } of list) {
    if (bytes.length === 0) break;
    const place = at % bytes.length;
    const piece = place + 1 + (value % 32);
    if (kind === 'set') bytes[place] = value;
    else if (kind === 'end') bytes = bytes.subarray(0, place);
    else if (kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(piece)]);
    else bytes = Buffer.concat([bytes.subarray(0, piece), bytes.subarray(place)]);
  }
  return bytes;
}

test('damaged bytes', () => {
  for (const decoder of [...binary, ...json, manifest]) {
    attempt(decoder, decoder.sample);
    fc.assert(
      fc.property(damages, (list) => {
        attempt(decoder, damaged(decoder.sample, list));
      }),
      { numRuns },
    );
  }
});

test('bytes of any kind', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const decoder of [...binary, ...json, manifest]) attempt(decoder, Buffer.from(bytes));
    }),
    { numRuns },
  );
});

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '.',
    '..',
    '/',
    '../../etc',
    '\\x00',
    '\\ud800',
    id,
    [],
    {},
    [[]],
    -1,
    0.5,
    1e300,
  ),
  fc.constantFrom<unknown>(
    2 ** 32,
    2 ** 53,
    '9999-12-31T23:59:59.999999999Z',
    '0000-01-01T00:00:00+14:00',
    'x'.repeat(20_000),
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** The value with one of its places, counted through it, holding something else. */
function replaced(value: unknown, place: { left: number }, by: unknown): unknown {
  place.left -= 1;
  if (place.left < 0) {
    place.left = Infinity;
    return by;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, place, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, place, by)]));
}

test('JSON with a value of another kind in one place', () => {
  for (const decoder of json) {
    const sample: unknown = JSON.parse(decoder.sample.toString());
    fc.assert(
      fc.property(fc.nat(40), odd, (left, by) => {
        attempt(decoder, Buffer.from(JSON.stringify(replaced(sample, { left }, by))));
      }),
      { numRuns },
    );
  }
});

test('names of any kind', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'\\"\'xuU0127afn\n/é\ud800'), maxLength: 20 }),
      (text) => {
        attempt(
          { name: 'name', sample: Buffer.of(), decode: () => void unescapeNodeName(text) },
          Buffer.from(text),
        );
      },
    ),
    { numRuns: 5 * numRuns },
  );
});

test('deep nesting ends in an error, not in the stack', () => {
  for (const deep of [
    '['.repeat(1_000_000),
    '{"a":'.repeat(1_000_000),
    `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
  ]) {
    for (const decoder of json) attempt(decoder, Buffer.from(deep));
  }
});
