/** Recorded exchanges as they are played again: in the order of their requests, bodies unpacked. */
import { gunzipSync } from 'node:zlib';
import { readRecording } from '@gridkeep/testing/recordings';
import type { RecordedBody, RecordedExchange } from '@gridkeep/testing/recordings';

export interface Exchange extends Omit<RecordedExchange, 'sent' | 'received'> {
  /** Undefined when only its head was recorded. */
  readonly sent: Uint8Array | undefined;
  readonly received: Uint8Array | undefined;
}

/**
 * The parts that a file holds, each in the order in which its requests were sent: some hold two recordings, one after
 * the other, each with sequence numbers and a clock of its own.
 */
export function readScenario(name: string): readonly (readonly Exchange[])[] {
  const parts: Exchange[][] = [];
  let numbers = new Set<number>();
  for (const exchange of readRecording(name)) {
    if (parts.length === 0 || numbers.has(exchange.sequence)) {
      parts.push([]);
      numbers = new Set();
    }
    numbers.add(exchange.sequence);
    parts.at(-1)?.push({
      ...exchange,
      sent: unpacked(exchange.sent, exchange.requestHeaders),
      received: exchange.received?.bytes,
    });
  }
  return parts.map((part) => part.sort((a, b) => a.from - b.from || a.sequence - b.sequence));
}

export function textOf(body: Uint8Array | undefined): string {
  return Buffer.from(body ?? []).toString('utf8');
}

function unpacked(
  body: RecordedBody | undefined,
  headers: ReadonlyMap<string, string>,
): Uint8Array | undefined {
  return body !== undefined && headers.get('x-content-encoding') === 'gzip'
    ? gunzipSync(body.bytes)
    : body?.bytes;
}
