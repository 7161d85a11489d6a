/** UUIDs in the midst of text: scripts, notecards and JSON name assets that way. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

export interface TextUuid {
  readonly id: Uuid;
  /** Counted from 1. */
  readonly line: number;
}

const form = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iy;
const uuidLength = 36;
const firstDashAt = 8;
const dashCode = 0x2d;

/** Start of the next UUID at or after `from`, or -1. Dashes are rare in text, so they are what is looked for. */
function nextUuid(text: string, from: number): number {
  let dash = text.indexOf('-', from + firstDashAt);
  for (; dash !== -1; dash = text.indexOf('-', dash + 1)) {
    if (text.charCodeAt(dash + 5) !== dashCode || text.charCodeAt(dash + 10) !== dashCode) continue;
    form.lastIndex = dash - firstDashAt;
    if (form.test(text)) return dash - firstDashAt;
  }
  return -1;
}

/** Every dashed UUID, also inside longer words, in order and with repetitions. Linear in the length of the text. */
export function* findTextUuids(text: string): Generator<TextUuid> {
  let line = 1;
  let newline = text.indexOf('\n');
  for (let at = nextUuid(text, 0); at !== -1; at = nextUuid(text, at + uuidLength)) {
    while (newline !== -1 && newline < at) {
      line += 1;
      newline = text.indexOf('\n', newline + 1);
    }
    const id = tryParseUuid(text.slice(at, at + uuidLength));
    if (id !== undefined) yield { id, line };
  }
}
