/** Recorded traffic between simulators and real grid services, for replaying in tests. Ask `missing('fixtures')` first. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fixture } from '@gridkeep/testing/requirements';

export interface RecordedExchange {
  /** Line of the recording, from 1. */
  readonly line: number;
  /** Which of the recorded programs answered: `robust-private`, `robust-public`, `simulator`, … */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly sent: string;
  readonly received: string;
}

/** The exchanges whose bodies are whole text and whose path begins so; fails when there are none. */
export function recordedExchanges(file: string, pathStart: string, service?: string): RecordedExchange[] {
  const lines = readFileSync(fixture('wire', file), 'utf8').split('\n');
  const exchanges = lines.flatMap((line, index) => {
    if (line === '') return [];
    const exchange = exchangeOf(JSON.parse(line), index + 1);
    if (exchange === undefined || !exchange.path.startsWith(pathStart)) return [];
    return service === undefined || exchange.service === service ? [exchange] : [];
  });
  assert.ok(exchanges.length > 0, `${file} holds no exchange with ${pathStart}`);
  return exchanges;
}

function exchangeOf(entry: unknown, line: number): RecordedExchange | undefined {
  const [service, method, path, status] = ['service', 'method', 'path', 'status'].map((name) =>
    property(entry, name),
  );
  const [request, reply] = ['req', 'res'].map((name) => property(entry, name));
  const headers = property(entry, 'resHeaders');
  const sent = property(request, 'text') ?? '';
  const received = property(reply, 'text') ?? '';
  if ([request, reply].some((body) => property(body, 'truncated') === true)) return undefined;
  if ([request, reply].some((body) => property(body, 'base64') !== undefined)) return undefined;
  if (typeof service !== 'string' || typeof method !== 'string' || typeof path !== 'string') return undefined;
  if (typeof status !== 'number' || typeof sent !== 'string' || typeof received !== 'string')
    return undefined;
  const contentType: unknown = Array.isArray(headers)
    ? headers[headers.indexOf('Content-Type') + 1]
    : undefined;
  return {
    ...{ line, service, method, path, status, sent, received },
    contentType: typeof contentType === 'string' ? contentType : undefined,
  };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
