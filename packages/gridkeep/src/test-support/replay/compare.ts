/**
 * Whether two bodies say the same, ids, times and tokens apart: an id of the recording stands for one of ours, which is
 * learnt where both first appear in the same place, and must then hold everywhere.
 */
import { isMembers } from './meaning.ts';
import type { Meaning, Members } from './meaning.ts';

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const uuidsInText = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const zero = '00000000-0000-0000-0000-000000000000';

export class Identities {
  readonly #ours = new Map<string, string>();
  readonly #recorded = new Map<string, string>();

  ours(recorded: string): string | undefined {
    return this.#ours.get(recorded.toLowerCase());
  }

  learn(recorded: string, ours: string): void {
    this.#ours.set(recorded.toLowerCase(), ours.toLowerCase());
    this.#recorded.set(ours.toLowerCase(), recorded.toLowerCase());
  }

  isTaken(ours: string): boolean {
    return this.#recorded.has(ours.toLowerCase());
  }

  /** Ids that were first seen in a request: whoever asked had chosen them, so they are the same here. */
  keep(text: string): void {
    for (const [id] of text.matchAll(uuidsInText)) if (!this.#ours.has(id.toLowerCase())) this.learn(id, id);
  }

  /** The text with every known id as ours. */
  translate(text: string): string {
    return text.replaceAll(uuidsInText, (id) => this.#ours.get(id.toLowerCase()) ?? id);
  }
}

export interface Comparison {
  readonly identities: Identities;
  /** Names of members whose value is a time, a counter or a token. */
  readonly volatile: ReadonlySet<string>;
}

/** Where the two differ, each as one line; empty when they mean the same. Learns ids as it goes. */
export function differences(
  comparison: Comparison,
  recorded: Meaning,
  ours: Meaning,
  place = '',
): readonly string[] {
  if (typeof recorded === 'string' && typeof ours === 'string')
    return textsDiffer(comparison, recorded, ours)
      ? [`${place}: ${short(recorded)} became ${short(ours)}`]
      : [];
  if (isList(recorded) && isList(ours)) return listDifferences(comparison, recorded, ours, place);
  if (isList(recorded) && ours === '') return listDifferences(comparison, recorded, [], place);
  if (recorded === '' && isList(ours)) return listDifferences(comparison, [], ours, place);
  if (typeof recorded !== 'string' && typeof ours !== 'string' && isMembers(recorded) && isMembers(ours))
    return memberDifferences(comparison, recorded, ours, place);
  return [`${place}: ${short(recorded)} became ${short(ours)}`];
}

function isList(meaning: Meaning): meaning is readonly Meaning[] {
  return Array.isArray(meaning);
}

function memberDifferences(
  comparison: Comparison,
  recorded: Members,
  ours: Members,
  place: string,
): readonly string[] {
  const found: string[] = [];
  const ourNames = new Set(ours.members.keys());
  for (const [name, value] of recorded.members) {
    const translated = comparison.identities.translate(name);
    const inner = `${place}/${name}`;
    const other = ours.members.get(name) ?? ours.members.get(translated);
    ourNames.delete(name);
    ourNames.delete(translated);
    if (other === undefined) {
      if (isList(value)) found.push(...listDifferences(comparison, value, [], inner));
      else found.push(`${inner}: ${short(value)} is missing`);
    } else if (!comparison.volatile.has(name)) found.push(...differences(comparison, value, other, inner));
  }
  for (const name of ourNames) {
    const value = ours.members.get(name) ?? '';
    if (isList(value)) found.push(...listDifferences(comparison, [], value, `${place}/${name}`));
    else found.push(`${place}/${name}: ${short(value)} is too much`);
  }
  return found;
}

/** Order does not count, except among texts. */
function listDifferences(
  comparison: Comparison,
  recorded: readonly Meaning[],
  ours: readonly Meaning[],
  place: string,
): readonly string[] {
  if (recorded.length === ours.length && [...recorded, ...ours].every((entry) => typeof entry === 'string'))
    return recorded.flatMap((entry, index) =>
      differences(comparison, entry, ours[index] ?? '', `${place}[${index}]`),
    );
  const found: string[] = [];
  const left = new Set(ours);
  const open = new Set(recorded);
  // Those that match without anything to learn go first, then the nearest.
  for (const limit of [0, 1, 2, 3, 4, 6, 8]) {
    for (const entry of open) {
      let best: { entry: Meaning; cost: number } | undefined;
      for (const candidate of left) {
        const cost = distance(comparison, entry, candidate);
        if (cost <= limit && (best === undefined || cost < best.cost)) best = { entry: candidate, cost };
      }
      if (best === undefined) continue;
      open.delete(entry);
      left.delete(best.entry);
      found.push(...differences(comparison, entry, best.entry, `${place}[]`));
    }
  }
  for (const entry of open) found.push(`${place}[]: ${short(entry)} is missing`);
  for (const entry of left) found.push(`${place}[]: ${short(entry)} is too much`);
  return found;
}

/** Ids to learn count one, other differences three, a contradiction between ids makes it hopeless. */
function distance(comparison: Comparison, recorded: Meaning, ours: Meaning): number {
  if (typeof recorded === 'string' && typeof ours === 'string') {
    if (!uuidForm.test(recorded) || !uuidForm.test(ours))
      return textsDiffer(comparison, recorded, ours) ? 3 : 0;
    const known = comparison.identities.ours(recorded);
    if (known !== undefined) return known === ours.toLowerCase() ? 0 : 100;
    if (recorded.toLowerCase() === ours.toLowerCase()) return 0;
    return comparison.identities.isTaken(ours) || recorded === zero || ours === zero ? 100 : 1;
  }
  if (typeof recorded === 'string' || typeof ours === 'string') return 100;
  if (!isMembers(recorded) || !isMembers(ours)) return isMembers(recorded) === isMembers(ours) ? 1 : 100;
  if (nameIn(recorded) !== nameIn(ours)) return 100;
  let cost = 0;
  for (const [name, value] of recorded.members) {
    if (comparison.volatile.has(name)) continue;
    const other = ours.members.get(name);
    cost += other === undefined ? 3 : distance(comparison, value, other);
    if (cost > 20) return cost;
  }
  return cost;
}

/** Things with different names are different things. */
function nameIn({ members }: Members): Meaning | undefined {
  return members.get('name') ?? members.get('Name') ?? members.get('regionName');
}

function textsDiffer({ identities }: Comparison, recorded: string, ours: string): boolean {
  if (recorded === ours) return false;
  if (uuidForm.test(recorded) && uuidForm.test(ours)) {
    const known = identities.ours(recorded);
    if (known !== undefined) return known !== ours.toLowerCase();
    if (recorded === zero || ours === zero || identities.isTaken(ours)) return true;
    identities.learn(recorded, ours);
    return false;
  }
  if (recorded.trim() === ours.trim()) return false;
  return identities.translate(recorded).toLowerCase() !== ours.toLowerCase();
}

function short(meaning: Meaning): string {
  const text =
    typeof meaning === 'string'
      ? JSON.stringify(meaning)
      : isMembers(meaning)
        ? `{${[...meaning.members].map(([name, value]) => `${name}: ${short(value)}`).join(', ')}}`
        : `[${meaning.length} entries]`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
