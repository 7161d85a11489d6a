/** Everything of a repository that restic wrote, read with nothing but the parts of the format. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { resticFixtureFolder, resticVectors } from '@gridkeep/testing/restic-vectors';
import { openKeyFile } from '../keys/key-file.ts';
import { createSealer } from '../sealing/sealer.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { readIndexFile } from './index-file.ts';
import { nodeNameBytes } from './node-names.ts';
import { decodePackHeader, packFileBytes, packTrailerBytes, sealedHeaderBytes } from './pack-header.ts';
import { readRepositoryConfig } from './repository-config.ts';
import { readSnapshotFile } from './snapshot-encoding.ts';
import { decodeTree } from './tree-encoding.ts';
import { readUnpacked } from './unpacked.ts';
import { decompressZstd } from './zstd.ts';

type Files = ReadonlyMap<string, Buffer>;

function filesOf(folder: string): Files {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const within = (files: Files, folder: string) => [...files].filter(([path]) => path.startsWith(`${folder}/`));

async function open(files: Files, password: string): Promise<Sealer> {
  for (const [, bytes] of within(files, 'keys')) {
    const key = await openKeyFile(bytes, password);
    if (key !== undefined) return await createSealer(key);
  }
  assert.fail('no key file for the password');
}

/** All blobs by id, checked: names, sizes, headers against indexes, seals, hashes. */
function readBlobs(files: Files, sealer: Sealer): Map<string, Buffer> {
  const blobs = new Map<string, Buffer>();
  for (const [path, bytes] of files)
    if (path !== 'config') assert.equal(path.split('/').at(-1), sha256(bytes));
  for (const [, bytes] of within(files, 'index')) {
    for (const pack of readIndexFile(readUnpacked(sealer.open(bytes))).packs) {
      const file = files.get(`data/${pack.id.slice(0, 2)}/${pack.id}`);
      assert.ok(file !== undefined);
      assert.equal(file.length, packFileBytes(pack.blobs));
      const headerEnd = file.length - packTrailerBytes;
      const headerStart = headerEnd - sealedHeaderBytes(file.subarray(headerEnd), file.length);
      assert.deepEqual(decodePackHeader(sealer.open(file.subarray(headerStart, headerEnd))), pack.blobs);
      for (const { id, offset, length, uncompressedLength } of pack.blobs) {
        const stored = sealer.open(file.subarray(offset, offset + length));
        const blob = uncompressedLength === undefined ? stored : decompressZstd(stored, uncompressedLength);
        assert.equal(sha256(blob), id);
        blobs.set(id, blob);
      }
    }
  }
  return blobs;
}

function* walk(
  blobs: ReadonlyMap<string, Buffer>,
  tree: string,
  above: Buffer,
): Generator<[string, string, number]> {
  for (const node of decodeTree(blobs.get(tree) ?? assert.fail('no such tree'))) {
    const path = Buffer.concat([above, nodeNameBytes(node.name)]);
    if (node.type === 'dir') {
      yield [path.toString('hex'), '', node.modifiedAt];
      yield* walk(blobs, node.subtree, Buffer.concat([path, Buffer.from('/')]));
    } else if (node.type === 'file') {
      const content = Buffer.concat(node.content.map((id) => blobs.get(id) ?? assert.fail('no such blob')));
      assert.equal(content.length, node.size);
      yield [path.toString('hex'), sha256(content), node.modifiedAt];
    } else {
      yield [path.toString('hex'), '', node.modifiedAt];
    }
  }
}

test('a repository of restic is read to the last byte', { skip: missing('fixtures') }, async () => {
  const { passwords, latestSnapshotContent } = resticVectors();
  const files = filesOf(resticFixtureFolder());
  const sealer = await open(files, passwords.second);
  assert.equal(readRepositoryConfig(sealer.open(files.get('config') ?? Buffer.of())).version, 2);
  const blobs = readBlobs(files, sealer);
  const snapshots = within(files, 'snapshots').map(([, bytes]) =>
    readSnapshotFile(readUnpacked(sealer.open(bytes))),
  );
  snapshots.sort((a, b) => b.time - a.time);
  const top = decodeTree(blobs.get(snapshots[0]?.tree ?? '') ?? Buffer.of())[0];
  assert.ok(top?.type === 'dir' && top.name === 'vault-fixture');
  const found = [...walk(blobs, top.subtree, Buffer.of())].sort();
  const wanted = latestSnapshotContent.map((entry): [string, string, number] => [
    entry.pathBytes,
    entry.sha256 ?? '',
    Number(BigInt(entry.mtimeNs) / 1_000_000n),
  ]);
  assert.deepEqual(found, wanted.sort());
});

test('a repository made by hand is read', { skip: missing('fixtures') }, async () => {
  const { minimalRepository } = resticVectors();
  const files = new Map(
    Object.entries(minimalRepository.files).map(([path, base64]) => [path, Buffer.from(base64, 'base64')]),
  );
  const sealer = await open(files, minimalRepository.password);
  const blobs = readBlobs(files, sealer);
  const [snapshot] = within(files, 'snapshots');
  const { tree } = readSnapshotFile(readUnpacked(sealer.open(snapshot?.[1] ?? Buffer.of())));
  assert.equal([...walk(blobs, tree, Buffer.of())].length, 1);
});
