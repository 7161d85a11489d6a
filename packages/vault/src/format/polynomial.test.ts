import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { candidatePolynomial, isIrreducible, randomPolynomial } from './polynomial.ts';

test('tells irreducible polynomials as restic does', { skip: missing('fixtures') }, () => {
  for (const { randomBytes8, candidate, irreducible } of resticVectors().polynomials) {
    assert.equal(isIrreducible(BigInt(`0x${candidate}`)), irreducible, candidate);
    assert.equal(candidatePolynomial(Buffer.from(randomBytes8, 'hex')).toString(16), candidate);
  }
});

test('knows the small ones', () => {
  // x, x+1, x²+x+1, x³+x+1, x³+x²+1, x⁴+x+1 and no other below x⁴+x²: (sequence A014580 of the OEIS)
  const found = Array.from({ length: 40 }, (_, i) => BigInt(i)).filter(isIrreducible);
  assert.deepEqual(found, [2n, 3n, 7n, 11n, 13n, 19n, 25n, 31n, 37n]);
});

test('makes random ones of degree 53', () => {
  const one = randomPolynomial();
  assert.equal(one.toString(2).length, 54);
  assert.ok(isIrreducible(one));
  assert.notEqual(randomPolynomial(), one);
});
