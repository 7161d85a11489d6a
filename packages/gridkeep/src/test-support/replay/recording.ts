/** Recorded exchanges between real simulators, viewers and Robust, as the fixtures hold them. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fixture } from '@gridkeep/testing/requirements';
import Type from 'typebox';
import Value from 'typebox/value';

const bodySchema = Type.Union([
  Type.Null(),
  Type.Object({
    text: Type.Optional(Type.String()),
    base64: Type.Optional(Type.String()),
    truncated: Type.Optional(Type.Boolean()),
  }),
]);

const exchangeSchema = Type.Object({
  scenario: Type.String(),
  seq: Type.Integer(),
  t: Type.Number(),
  ms: Type.Number(),
  service: Type.String(),
  method: Type.String(),
  path: Type.String(),
  reqHeaders: Type.Array(Type.String()),
  req: bodySchema,
  status: Type.Integer(),
  resHeaders: Type.Array(Type.String()),
  res: bodySchema,
});

export interface Exchange {
  readonly scenario: string;
  readonly seq: number;
  /** Milliseconds since the scenario began. */
  readonly from: number;
  readonly until: number;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: ReadonlyMap<string, string>;
  /** Unpacked; undefined when only its head was recorded. */
  readonly sent: Uint8Array | undefined;
  readonly status: number;
  readonly replyHeaders: ReadonlyMap<string, string>;
  readonly received: Uint8Array | undefined;
}

/** In the order in which the requests were sent. */
export function readScenario(name: string): readonly Exchange[] {
  const lines = readFileSync(fixture('wire', `${name}.jsonl`), 'utf8').split('\n');
  const exchanges = lines
    .filter((line) => line !== '')
    .map((line) => exchangeOf(Value.Parse(exchangeSchema, JSON.parse(line))));
  return exchanges.sort((a, b) => a.from - b.from || a.seq - b.seq);
}

function exchangeOf(entry: Type.Static<typeof exchangeSchema>): Exchange {
  const requestHeaders = headersOf(entry.reqHeaders);
  return {
    scenario: entry.scenario,
    seq: entry.seq,
    from: entry.t,
    until: entry.t + entry.ms,
    service: entry.service,
    method: entry.method,
    path: entry.path,
    requestHeaders,
    sent: unpacked(bytesOf(entry.req), requestHeaders),
    status: entry.status,
    replyHeaders: headersOf(entry.resHeaders),
    received: bytesOf(entry.res),
  };
}

function headersOf(flat: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2)
    headers.set((flat[index] ?? '').toLowerCase(), flat[index + 1] ?? '');
  return headers;
}

function bytesOf(body: Type.Static<typeof bodySchema>): Uint8Array | undefined {
  if (body === null) return new Uint8Array(0);
  if (body.truncated === true) return undefined;
  return body.text === undefined ? Buffer.from(body.base64 ?? '', 'base64') : Buffer.from(body.text, 'utf8');
}

function unpacked(
  body: Uint8Array | undefined,
  headers: ReadonlyMap<string, string>,
): Uint8Array | undefined {
  return body !== undefined && headers.get('x-content-encoding') === 'gzip' ? gunzipSync(body) : body;
}
