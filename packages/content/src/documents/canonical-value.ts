/** Plain values that can be compared, and where two of them differ. */

export type CanonicalValue =
  string | number | boolean | null | readonly CanonicalValue[] | { readonly [name: string]: CanonicalValue };

export interface CanonicalDifference {
  /** `linksets/0/parts/2/Scale/1`. */
  readonly path: string;
  /** Undefined where one side has nothing. */
  readonly a: CanonicalValue | undefined;
  readonly b: CanonicalValue | undefined;
}

const differencesMaxDefault = 100;

/** The first differences in the order of names, at most `max`; none means equal. */
export function diffCanonical(
  a: CanonicalValue,
  b: CanonicalValue,
  max = differencesMaxDefault,
): readonly CanonicalDifference[] {
  const found: CanonicalDifference[] = [];
  compare(a, b, '', found, max);
  return found;
}

type Branch = ReadonlyMap<string, CanonicalValue>;

function branchOf(value: CanonicalValue | undefined): Branch | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

function compare(
  a: CanonicalValue | undefined,
  b: CanonicalValue | undefined,
  path: string,
  found: CanonicalDifference[],
  max: number,
): void {
  if (found.length >= max || Object.is(a, b)) return;
  const left = branchOf(a);
  const right = branchOf(b);
  if (left === undefined || right === undefined || Array.isArray(a) !== Array.isArray(b)) {
    found.push({ path, a, b });
    return;
  }
  for (const name of new Set([...left.keys(), ...right.keys()]))
    compare(left.get(name), right.get(name), path === '' ? name : `${path}/${name}`, found, max);
}
