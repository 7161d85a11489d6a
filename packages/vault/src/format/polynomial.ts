/** The polynomial over GF(2) of restic's chunker: bit i is the coefficient of x^i (restic/chunker: polynomials.go). */

export function isIrreducible(polynomial: bigint): boolean {
  void polynomial;
  throw new Error('not yet');
}

/** A random irreducible polynomial of degree 53. */
export function randomPolynomial(): bigint {
  throw new Error('not yet');
}
