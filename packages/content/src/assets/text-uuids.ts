/** UUIDs in the midst of text: scripts, notecards and JSON name assets that way. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

export interface TextUuid {
  readonly id: Uuid;
  /** Counted from 1. */
  readonly line: number;
}

const pattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Every dashed UUID, also inside longer words, in order and with repetitions. Linear in the length of the text. */
export function* findTextUuids(text: string): Generator<TextUuid> {
  let line = 1;
  let newline = text.indexOf('\n');
  for (const match of text.matchAll(pattern)) {
    while (newline !== -1 && newline < match.index) {
      line += 1;
      newline = text.indexOf('\n', newline + 1);
    }
    const id = tryParseUuid(match[0]);
    if (id !== undefined) yield { id, line };
  }
}
