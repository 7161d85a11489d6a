import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { merklePath, merkleRoot, rootOfPath } from './merkle-tree.ts';

// The test vectors of Certificate Transparency (certificate-transparency-go, trillian/merkle/rfc6962).
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('roots are those of Certificate Transparency', () => {
  for (const [count, root] of roots.entries())
    assert.equal(merkleRoot(leaves.slice(0, count)).toString('hex'), root);
});

test('every leaf has a path that gives the root, and no other leaf has that path', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (count, at) => {
      const list = Array.from({ length: count }, (_, index) =>
        createHash('sha256').update(`${index}`).digest(),
      );
      const index = at % count;
      const path = merklePath(list, index);
      const root = merkleRoot(list);
      assert.deepEqual(rootOfPath(list[index] ?? Buffer.of(), index, count, path), root);
      assert.notDeepEqual(rootOfPath(Buffer.from('another'), index, count, path), root);
    }),
    { numRuns: 100 },
  );
});
