/** Recorded exchanges as they are played again: in the order of their requests, bodies unpacked. */
import { gunzipSync } from 'node:zlib';
import { readRecording } from '@gridkeep/testing/recordings';
import type { RecordedBody, RecordedExchange } from '@gridkeep/testing/recordings';

export interface Exchange extends Omit<RecordedExchange, 'sent' | 'received'> {
  /** Undefined when only its head was recorded. */
  readonly sent: Uint8Array | undefined;
  readonly received: Uint8Array | undefined;
}

/** In the order in which the requests were sent. */
export function readScenario(name: string): readonly Exchange[] {
  return readRecording(name)
    .map((exchange) => ({
      ...exchange,
      sent: unpacked(exchange.sent, exchange.requestHeaders),
      received: exchange.received?.bytes,
    }))
    .sort((a, b) => a.from - b.from || a.sequence - b.sequence);
}

function unpacked(
  body: RecordedBody | undefined,
  headers: ReadonlyMap<string, string>,
): Uint8Array | undefined {
  return body !== undefined && headers.get('x-content-encoding') === 'gzip'
    ? gunzipSync(body.bytes)
    : body?.bytes;
}
