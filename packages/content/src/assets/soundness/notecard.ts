/** Notecards: braces and byte counts, and the layout that OpenSimulator reads by position. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';
import { parseNotecard } from '../notecard.ts';

/** OpenSimulator looks for these words of version 2 at fixed bytes (its SLUtil.cs); elsewhere it sees no embedded items. */
const fixedWords: readonly (readonly [at: number, word: string])[] = [
  [24, 'LLEmbeddedItems version 1'],
  [52, 'count'],
];

export function checkNotecard(bytes: Uint8Array): readonly AssetProblem[] {
  const notecard = parseNotecard(bytes);
  if (notecard === undefined) return [unsound('no "Linden text version" in the first line')];
  const found: AssetProblem[] = [];
  if (notecard.version !== 1 && notecard.version !== 2) found.push(unsound(`version ${notecard.version}`));
  if (notecard.problem !== undefined) found.push(unsound(notecard.problem));
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  if (notecard.items.length > 0 && fixedWords.some(([at, word]) => !head.startsWith(word, at)))
    found.push(
      unusual('OpenSimulator does not see the embedded items: the head is not laid out as it expects'),
    );
  return found;
}
