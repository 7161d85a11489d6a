/** Recorded real exchanges, as the fixtures hold them: those whose bodies are whole. */
import { readFileSync } from 'node:fs';
import { fixture } from '@gridkeep/testing/requirements';

export interface RecordedExchange {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly sent: Buffer;
  readonly received: Buffer;
}

/** Those of a file whose service and path fit, in their order. Ask `missing('fixtures')` first. */
export function recordedExchanges(file: string, service: string, path: RegExp): readonly RecordedExchange[] {
  const exchanges: RecordedExchange[] = [];
  for (const line of readFileSync(fixture('wire', file), 'utf8').split('\n')) {
    const exchange = line === '' ? undefined : exchangeOf(JSON.parse(line));
    if (exchange?.service === service && path.test(exchange.path)) exchanges.push(exchange);
  }
  if (exchanges.length === 0) throw new Error(`${file} holds no exchange of ${service} with ${path}`);
  return exchanges;
}

function exchangeOf(entry: unknown): RecordedExchange | undefined {
  const [service, method, path, status] = ['service', 'method', 'path', 'status'].map((name) =>
    property(entry, name),
  );
  const headers = property(entry, 'resHeaders');
  const sent = bodyOf(property(entry, 'req'));
  const received = bodyOf(property(entry, 'res'));
  if (typeof service !== 'string' || typeof method !== 'string' || typeof path !== 'string') return undefined;
  if (typeof status !== 'number' || !Array.isArray(headers)) return undefined;
  if (sent === undefined || received === undefined) return undefined;
  const contentType: unknown = headers[headers.indexOf('Content-Type') + 1];
  if (typeof contentType !== 'string') return undefined;
  return { service, method, path, status, contentType, sent, received };
}

function bodyOf(body: unknown): Buffer | undefined {
  if (property(body, 'truncated') === true) return undefined;
  const text = property(body, 'text');
  if (typeof text === 'string') return Buffer.from(text, 'utf8');
  const encoded = property(body, 'base64');
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
