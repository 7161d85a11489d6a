/** Gestures: a trigger and the steps it starts (viewers' llmultigesture.cpp). One value per line. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';

export type GestureStep =
  | { readonly kind: 'animation' | 'sound'; readonly name: string; readonly id: Uuid }
  | { readonly kind: 'chat'; readonly text: string }
  | { readonly kind: 'wait'; readonly seconds: number };

export interface Gesture {
  readonly trigger: string;
  readonly replacement: string;
  readonly steps: readonly GestureStep[];
  /** What deviates from the format; undefined for a sound gesture. Steps before it are listed. */
  readonly problem: string | undefined;
}

/** Step numbers in the file. */
const stepTypes = { animation: 0, sound: 1, chat: 2, wait: 3, end: 4 } as const;

/** Never throws. Undefined when the first line is not `2`, the only version there is. */
export function parseGesture(bytes: Uint8Array): Gesture | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines[0]?.trim() !== '2') return undefined;
  const steps: GestureStep[] = [];
  const problem = readSteps(lines, steps);
  return { trigger: lines[3] ?? '', replacement: lines[4] ?? '', steps, problem };
}

function readSteps(lines: readonly string[], steps: GestureStep[]): string | undefined {
  const count = Number(lines[5] === '' ? Number.NaN : lines[5]);
  if (!Number.isInteger(count) || count < 0) return 'line 6 is not a number of steps';
  let at = 6;
  for (let index = 1; index <= count; index += 1) {
    if (at >= lines.length) return `${steps.length} of ${count} steps`;
    const [type = '', first = '', second = ''] = lines.slice(at, at + 3);
    switch (type === '' ? undefined : Number(type)) {
      case stepTypes.animation:
      case stepTypes.sound: {
        const id = tryParseUuid(second.trim());
        if (id === undefined) return `step ${index} names no id`;
        steps.push({ kind: Number(type) === stepTypes.sound ? 'sound' : 'animation', name: first, id });
        at += 4;
        break;
      }
      case stepTypes.chat:
        steps.push({ kind: 'chat', text: first });
        at += 3;
        break;
      case stepTypes.wait: {
        const seconds = Number(first);
        if (!Number.isFinite(seconds)) return `step ${index} waits for no number of seconds`;
        steps.push({ kind: 'wait', seconds });
        at += 3;
        break;
      }
      case stepTypes.end:
        return undefined;
      default:
        return `step ${index} has no known type`;
    }
  }
  return undefined;
}
