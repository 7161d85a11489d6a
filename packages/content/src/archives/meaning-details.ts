/** Says for people where two meanings differ. */
import { hash } from 'node:crypto';
import { assetKind } from '../assets/asset-kinds.ts';
import { diffCanonical } from '../documents/canonical-value.ts';
import type { CanonicalValue } from '../documents/canonical-value.ts';
import type { Meaning } from './archive-meaning.ts';

const linesMax = 10;
const valueLengthMax = 60;

/** Paths of fields with both values, a few; for bytes their hashes. */
export function detailsOf(a: Meaning, b: Meaning): readonly string[] {
  if ('bytes' in a || 'bytes' in b) return [`${describe(a)} and ${describe(b)}`];
  const differences = diffCanonical(a.json, b.json, linesMax);
  // The target of a link is no field of it: its id is another after each load.
  if (differences.length === 0) return ['leads to another place'];
  return differences.map(({ path, a: left, b: right }) => `${path}: ${show(left)} and ${show(right)}`);
}

function describe(meaning: Meaning): string {
  if (!('bytes' in meaning)) return 'no bytes';
  const { bytes, type } = meaning;
  const kind = type === undefined ? '' : `${assetKind(type).name} of `;
  return `${kind}${bytes.length} bytes with SHA-256 ${hash('sha256', bytes, 'hex')}`;
}

function show(value: CanonicalValue | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= valueLengthMax ? text : `${text.slice(0, valueLengthMax)}…`;
}
