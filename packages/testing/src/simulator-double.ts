/**
 * A region simulator for tests, as far as a grid talks to one: QUERYACCESS, POST, PUT and DELETE of agents, instant
 * messages by XML-RPC, and its status page. A raw TCP server, because Node's HTTP server knows no QUERYACCESS and a real
 * simulator can also hang, break off or send what is no HTTP.
 */
import { type AddressInfo, type Socket, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

/** What a request asks for. */
export type SimulatorCall = 'query-access' | 'create' | 'update' | 'close' | 'xml-rpc' | 'status' | 'other';

export interface SimulatorRequest {
  readonly call: SimulatorCall;
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Decompressed. */
  readonly body: string;
  /** The body came with `X-Content-Encoding: gzip`. */
  readonly compressed: boolean;
}

export type SimulatorAnswer =
  | {
      /** Default 200. */
      readonly status?: number;
      readonly contentType?: string;
      readonly body?: string | Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent in two chunks instead of with a length. */
      readonly chunked?: boolean;
      readonly delayMs?: number;
    }
  /** Never answers; the connection stays open. */
  | 'hang'
  /** The connection ends without an answer. */
  | 'reset'
  /** Bytes that are no HTTP. */
  | 'garbage'
  /** A head, half of the promised body, then nothing more. */
  | 'stall'
  /** A head, half of the promised body, then the end of the connection. */
  | 'cut';

export type SimulatorAnswers =
  SimulatorAnswer | ((request: SimulatorRequest) => SimulatorAnswer | Promise<SimulatorAnswer>);

const bodyBytesMax = 4 * 1024 * 1024;

export const accessGranted: SimulatorAnswer = json({
  success: true,
  reason: '',
  version: 'SIMULATION/0',
  negotiated_inbound_version: 0.800000011920929,
  negotiated_outbound_version: 0.800000011920929,
  features: [],
});

/** A refusal of QUERYACCESS or POST, with the text that viewers show. */
export function refused(reason: string): SimulatorAnswer {
  return json({ success: false, reason, version: 'SIMULATION/0' });
}

export function json(value: unknown): SimulatorAnswer {
  return { contentType: 'application/json', body: JSON.stringify(value) };
}

const agentAccepted = json({ reason: 'Authorized', success: true, your_ip: '127.0.0.1' });

export class SimulatorDouble {
  /** `http://127.0.0.1:<port>/` */
  readonly serverUri: string;
  readonly port: number;
  /** Everything that was asked, in the order of arrival. */
  readonly requests: SimulatorRequest[] = [];
  /** Connections that were opened so far. */
  connections = 0;
  readonly #answers = new Map<SimulatorCall, SimulatorAnswers>();
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.serverUri = `http://127.0.0.1:${port}/`;
    this.#close = close;
  }

  /** Listens on a free port of 127.0.0.1 until the test ends. */
  static async start(test: TestContext): Promise<SimulatorDouble> {
    const sockets = new Set<Socket>();
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const double = new SimulatorDouble(portOf(server.address()), async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    });
    server.on('connection', (socket) => {
      double.connections += 1;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
      void double.#serve(socket);
    });
    test.after(() => double.stop());
    return double;
  }

  /** From now on these calls get this answer. */
  answer(call: SimulatorCall, answer: SimulatorAnswers): void {
    this.#answers.set(call, answer);
  }

  /** The requests of one kind. */
  calls(call: SimulatorCall): readonly SimulatorRequest[] {
    return this.requests.filter((request) => request.call === call);
  }

  /** Nothing listens on the port any more. */
  async stop(): Promise<void> {
    await this.#close();
  }

  async #serve(socket: Socket): Promise<void> {
    let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    try {
      const pieces: AsyncIterable<Buffer> = socket;
      for await (const piece of pieces) {
        rest = Buffer.concat([rest, piece]);
        if (rest.byteLength > bodyBytesMax) throw new Error('too large for the double');
        for (let parsed = parseRequest(rest); parsed !== undefined; parsed = parseRequest(rest)) {
          rest = parsed.rest;
          this.requests.push(parsed.request);
          if (!(await reply(socket, await this.#answerTo(parsed.request)))) return;
        }
      }
    } catch {
      socket.destroy();
    }
  }

  #answerTo(request: SimulatorRequest): SimulatorAnswer | Promise<SimulatorAnswer> {
    const answer = this.#answers.get(request.call) ?? standardAnswer(request);
    return typeof answer === 'function' ? answer(request) : answer;
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the double has no port');
  return address.port;
}

function standardAnswer({ call, target }: SimulatorRequest): SimulatorAnswer {
  switch (call) {
    case 'query-access':
      return accessGranted;
    case 'create':
      return agentAccepted;
    case 'update':
      return { contentType: 'application/json', body: 'True' };
    case 'close':
      return { contentType: 'application/json', body: `OpenSim agent ${target.split('/')[2] ?? ''}` };
    case 'xml-rpc':
      return { contentType: 'text/xml', body: xmlRpcAnswer('success', 'TRUE') };
    case 'status':
      return { contentType: 'text/plain', body: 'OK' };
    case 'other':
      return { status: 404 };
  }
}

/** A `methodResponse` with one struct of one string. */
export function xmlRpcAnswer(name: string, value: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?><methodResponse><params><param><value><struct><member>' +
    `<name>${name}</name><value><string>${value}</string></value></member></struct></value></param></params></methodResponse>`
  );
}

function callOf(method: string, target: string): SimulatorCall {
  const path = target.split('?')[0] ?? '';
  if (path.startsWith('/agent/')) {
    if (method === 'QUERYACCESS') return 'query-access';
    if (method === 'POST') return 'create';
    if (method === 'PUT') return 'update';
    if (method === 'DELETE') return 'close';
  }
  if (method === 'POST' && path === '/') return 'xml-rpc';
  if (method === 'GET' && path.startsWith('/simstatus')) return 'status';
  return 'other';
}

type Bytes = Buffer<ArrayBufferLike>;

/** The first whole request and what follows it; undefined while it has not arrived yet. */
function parseRequest(bytes: Bytes): { request: SimulatorRequest; rest: Bytes } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [start = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', target = ''] = start.split(' ');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const found = parseBody(bytes.subarray(end + 4), headers);
  if (found === undefined) return undefined;
  const compressed = headers.get('x-content-encoding') === 'gzip';
  const body = (compressed ? gunzipSync(found.body) : found.body).toString('utf8');
  const call = callOf(method, target);
  return { request: { call, method, target, headers, body, compressed }, rest: found.rest };
}

function parseBody(
  bytes: Bytes,
  headers: ReadonlyMap<string, string>,
): { body: Bytes; rest: Bytes } | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return parseChunks(bytes);
  const length = Number(headers.get('content-length') ?? '0');
  if (bytes.byteLength < length) return undefined;
  return { body: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function parseChunks(bytes: Bytes): { body: Bytes; rest: Bytes } | undefined {
  const chunks: Bytes[] = [];
  for (let position = 0; ;) {
    const end = bytes.indexOf('\r\n', position);
    if (end < 0) return undefined;
    const length = Number.parseInt(bytes.subarray(position, end).toString('latin1'), 16);
    const next = end + 2 + length + 2;
    if (bytes.byteLength < next) return undefined;
    if (length === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(next) };
    chunks.push(bytes.subarray(end + 2, end + 2 + length));
    position = next;
  }
}

/** False when nothing more is to be read from the connection. */
async function reply(socket: Socket, answer: SimulatorAnswer): Promise<boolean> {
  switch (answer) {
    case 'hang':
      return true;
    case 'reset':
      socket.resetAndDestroy();
      return false;
    case 'garbage':
      socket.end('\0\x01 this is no HTTP at all\r\n\r\n');
      return false;
    case 'stall':
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success":');
      return true;
    case 'cut':
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success":');
      return false;
    default:
      await writeAnswer(socket, answer);
      return true;
  }
}

async function writeAnswer(socket: Socket, answer: Exclude<SimulatorAnswer, string>): Promise<void> {
  const { status = 200, contentType = 'text/plain', body = '', headers = {}, chunked = false } = answer;
  if (answer.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
  const bytes = Buffer.from(body);
  const lines = [
    `HTTP/1.1 ${status} Status`,
    `Content-Type: ${contentType}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.byteLength}`,
    'Connection: Keep-Alive',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (!chunked) {
    socket.write(bytes);
    return;
  }
  const half = Math.ceil(bytes.byteLength / 2);
  for (const piece of [bytes.subarray(0, half), bytes.subarray(half)]) {
    if (piece.byteLength === 0) continue;
    socket.write(`${piece.byteLength.toString(16)}\r\n`);
    socket.write(piece);
    socket.write('\r\n');
  }
  socket.write('0\r\n\r\n');
}
