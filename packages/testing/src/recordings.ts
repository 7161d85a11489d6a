/** Recorded traffic between real simulators, viewers and grid services. Ask `missing('fixtures')` first. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fixture } from './requirements.ts';

export interface RecordedExchange {
  /** Without its ending. */
  readonly file: string;
  /** Line of the file, from 1: as the index of the recordings numbers them. */
  readonly line: number;
  readonly sequence: number;
  /** Milliseconds since the recording began. */
  readonly from: number;
  readonly until: number;
  /** Which of the recorded programs answered: `robust-private`, `robust-public`, `simulator`, … */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** By names in small letters. */
  readonly requestHeaders: ReadonlyMap<string, string>;
  readonly replyHeaders: ReadonlyMap<string, string>;
  readonly contentType: string | undefined;
  /** As it came over the wire, packed ones packed; undefined when only its head was recorded. */
  readonly sent: RecordedBody | undefined;
  readonly received: RecordedBody | undefined;
}

export interface RecordedBody {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Whether it was kept as text: valid UTF-8 without NUL. */
  readonly isText: boolean;
}

export interface WholeExchange extends Omit<RecordedExchange, 'sent' | 'received'> {
  readonly sent: Buffer<ArrayBuffer>;
  readonly received: Buffer<ArrayBuffer>;
}

export interface TextExchange extends Omit<RecordedExchange, 'sent' | 'received'> {
  readonly sent: string;
  readonly received: string;
}

/** Names of all recordings, without their ending, in alphabetical order. */
export function recordingNames(): readonly string[] {
  return readdirSync(fixture('wire'))
    .flatMap((name) => (name.endsWith('.jsonl') ? [name.slice(0, -'.jsonl'.length)] : []))
    .sort();
}

/** Everything in one recording, in the order of its lines. */
export function readRecording(name: string): readonly RecordedExchange[] {
  return readFileSync(fixture('wire', `${name}.jsonl`), 'utf8')
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [exchangeOf(JSON.parse(line), name, index + 1)]));
}

/** Those with whole bodies whose path begins so, or fits; fails when there are none, as a test would show nothing. */
export function recordedExchanges(
  name: string,
  path: string | RegExp,
  service?: string,
): readonly WholeExchange[] {
  return chosen(name, path, service).flatMap((exchange) => {
    const { sent, received } = exchange;
    return sent === undefined || received === undefined
      ? []
      : [{ ...exchange, sent: sent.bytes, received: received.bytes }];
  });
}

/** The same for those whose bodies are text both. */
export function recordedTexts(
  name: string,
  path: string | RegExp,
  service?: string,
): readonly TextExchange[] {
  return chosen(name, path, service).flatMap((exchange) => {
    const { sent, received } = exchange;
    return sent?.isText === true && received?.isText === true
      ? [{ ...exchange, sent: sent.bytes.toString('utf8'), received: received.bytes.toString('utf8') }]
      : [];
  });
}

/** One line, whose bodies are text. */
export function recordedText(name: string, line: number): TextExchange {
  const found = recordedTexts(name, '/').find((exchange) => exchange.line === line);
  assert.ok(found !== undefined, `line ${line} of ${name} is no exchange of texts`);
  return found;
}

function chosen(
  name: string,
  path: string | RegExp,
  service: string | undefined,
): readonly RecordedExchange[] {
  const fits = (text: string) => (typeof path === 'string' ? text.startsWith(path) : path.test(text));
  const found = readRecording(name).filter(
    (exchange) => fits(exchange.path) && (service === undefined || exchange.service === service),
  );
  assert.ok(found.length > 0, `${name} holds no exchange with ${path}`);
  return found;
}

function exchangeOf(entry: unknown, file: string, line: number): RecordedExchange {
  const where = `${file} ${line}`;
  const text = (name: string): string => {
    const value = property(entry, name);
    assert.ok(typeof value === 'string', `${where}: ${name} is no text`);
    return value;
  };
  const number = (name: string): number => {
    const value = property(entry, name);
    assert.ok(typeof value === 'number', `${where}: ${name} is no number`);
    return value;
  };
  const replyHeaders = headersOf(property(entry, 'resHeaders'));
  return {
    ...{ file, line, sequence: number('seq'), from: number('t'), until: number('t') + number('ms') },
    ...{ service: text('service'), method: text('method'), path: text('path'), status: number('status') },
    ...{ requestHeaders: headersOf(property(entry, 'reqHeaders')), replyHeaders },
    contentType: replyHeaders.get('content-type'),
    sent: bodyOf(property(entry, 'req')),
    received: bodyOf(property(entry, 'res')),
  };
}

/** A flat list of names and values. */
function headersOf(flat: unknown): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (Array.isArray(flat))
    for (let index = 0; index + 1 < flat.length; index += 2)
      headers.set(String(flat[index]).toLowerCase(), String(flat[index + 1]));
  return headers;
}

function bodyOf(body: unknown): RecordedBody | undefined {
  if (body === null || body === undefined) return { bytes: Buffer.alloc(0), isText: true };
  if (property(body, 'truncated') === true) return undefined;
  const text = property(body, 'text');
  if (typeof text === 'string') return { bytes: Buffer.from(text, 'utf8'), isText: true };
  const encoded = property(body, 'base64');
  assert.ok(typeof encoded === 'string', 'a recorded body is neither text nor Base64');
  return { bytes: Buffer.from(encoded, 'base64'), isText: false };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
