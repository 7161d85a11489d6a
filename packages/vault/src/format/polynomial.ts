/** The polynomial over GF(2) of restic's chunker: bit i is the coefficient of x^i (restic/chunker: polynomials.go). */
import { randomBytes } from 'node:crypto';

const degreeWanted = 53;

function degree(polynomial: bigint): number {
  return polynomial === 0n ? -1 : polynomial.toString(2).length - 1;
}

function modulo(value: bigint, divisor: bigint): bigint {
  const divisorDegree = degree(divisor);
  let rest = value;
  for (let d = degree(rest); d >= divisorDegree; d = degree(rest))
    rest ^= divisor << BigInt(d - divisorDegree);
  return rest;
}

function squareModulo(value: bigint, divisor: bigint): bigint {
  // Over GF(2) squaring puts a zero between all coefficients.
  let square = 0n;
  for (let bit = 0n, rest = value; rest !== 0n; bit += 2n, rest >>= 1n) {
    if ((rest & 1n) === 1n) square |= 1n << bit;
  }
  return modulo(square, divisor);
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, modulo(x, y)];
  return x;
}

/** Ben-Or's test. For degrees up to 64 or so; 0 and 1 are none. */
export function isIrreducible(polynomial: bigint): boolean {
  const d = degree(polynomial);
  if (d < 1) return false;
  const x = 2n;
  let power = x;
  for (let i = 1; i <= Math.floor(d / 2); i += 1) {
    power = squareModulo(power, polynomial);
    if (greatestCommonDivisor(polynomial, power ^ x) !== 1n) return false;
  }
  return true;
}

/** From 8 bytes, as restic makes its candidates: the low 54 bits, the first and the last of them set. */
export function candidatePolynomial(bytes: Buffer): bigint {
  const low = bytes.readBigUInt64LE(0) & ((1n << BigInt(degreeWanted + 1)) - 1n);
  return low | (1n << BigInt(degreeWanted)) | 1n;
}

/** A random irreducible polynomial of degree 53. About one candidate in 26 is. */
export function randomPolynomial(): bigint {
  for (;;) {
    const candidate = candidatePolynomial(randomBytes(8));
    if (isIrreducible(candidate)) return candidate;
  }
}
