/**
 * HTTP calls out of the grid: to the simulators of its regions, and to other grids, whose addresses come from strangers.
 * Every call has an end in time and size; redirects are not followed. A call to another grid reaches public addresses
 * only: that is decided on the address the socket really connects to, so a name that changes its address gains nothing.
 */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Settings } from '../settings/settings.ts';
import { Breaker } from './breaker.ts';
import { foreignAddresses } from './foreign-names.ts';
import { isLinkLocalAddress, isPublicAddress } from './public-address.ts';

/** Whose address it is: a simulator's, registered by credential, or another grid's, which is not trusted at all. */
export type OutboundTarget = 'simulator' | 'grid';

export interface OutboundRequest {
  /** Any token: simulators know QUERYACCESS. */
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** For everything: waiting for a connection, connecting, the whole answer. */
  readonly timeoutMs: number;
  /** Of the answer's body. */
  readonly bytesMax: number;
  readonly to: OutboundTarget;
}

export interface OutboundReply {
  readonly status: number;
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
}

export type OutboundErrorKind =
  /** No http or https address, or one with a password. */
  | 'bad-address'
  /** An address that is not to be called: a private one of another grid. */
  | 'forbidden-address'
  /** The name has no address. */
  | 'unresolved'
  /** Nobody answers there, or the connection broke. */
  | 'unreachable'
  /** Nobody answered there several times just now, so it was not tried. */
  | 'resting'
  | 'timeout'
  | 'too-large'
  /** The answer is not what the protocol says. */
  | 'bad-reply';

/** The message names the host, never path or query: those may hold ids of sessions. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly kind: OutboundErrorKind;
  constructor(kind: OutboundErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Until a connection stands; part of the call's own limit. */
const connectMsMax = 5000;
/** Simultaneous connections to one host and port; further calls wait. */
const socketsPerSimulator = 32;
const socketsPerGrid = 8;
const socketsMax = 512;
/** Simulators close after 60 s; the shorter of both counts, so that we are first. */
const idleMs = 15_000;

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export class Outbound {
  readonly #settings: Pick<Settings, 'read'>;
  readonly #breaker = new Breaker();
  /** Apart, so that no call gets a connection that it would not have been allowed to open. */
  readonly #agents: Readonly<Record<'simulator' | 'grid' | 'closedNetwork', Agents>> = {
    simulator: createAgents(socketsPerSimulator),
    grid: createAgents(socketsPerGrid),
    closedNetwork: createAgents(socketsPerGrid),
  };

  constructor(settings: Pick<Settings, 'read'>) {
    this.#settings = settings;
  }

  /** Any status is an answer. Throws OutboundError. */
  async request(request: OutboundRequest): Promise<OutboundReply> {
    const url = parsedUrl(request.url);
    const { privateNetworks } = await this.#settings.read();
    const closedNetwork = request.to === 'grid' && privateNetworks;
    const stranger = request.to === 'grid' && !privateNetworks;
    const refuses = stranger ? (address: string) => !isPublicAddress(address) : isLinkLocalAddress;
    // The lookup below is not asked for addresses that are written out.
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && refuses(literal)) throw forbidden(url);
    const place = `${request.to} ${url.origin}`;
    if (!this.#breaker.mayCall(place))
      throw new OutboundError('resting', `${url.host} did not answer lately and is not called for a moment`);
    try {
      const reply = await send(request, url, {
        ...this.#agents[closedNetwork ? 'closedNetwork' : request.to],
        ...{ refuses, addressesOf: stranger ? foreignAddresses : systemAddresses },
      });
      this.#breaker.succeeded(place);
      return reply;
    } catch (error) {
      if (error instanceof OutboundError && ['unreachable', 'timeout', 'unresolved'].includes(error.kind))
        this.#breaker.failed(place);
      throw error;
    }
  }

  /** Ends the connections that are kept open. */
  close(): void {
    for (const { http, https } of Object.values(this.#agents)) {
      http.destroy();
      https.destroy();
    }
  }
}

function createAgents(maxSockets: number): Agents {
  const options = {
    keepAlive: true,
    maxSockets,
    maxTotalSockets: socketsMax,
    maxFreeSockets: 4,
    timeout: idleMs,
    scheduling: 'lifo',
  } as const;
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

function parsedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new OutboundError('bad-address', 'not an http or https address');
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('bad-address', 'an address with a name or password in it');
  return url;
}

interface Way extends Agents {
  /** Whether an IP address is not to be connected to. */
  readonly refuses: (address: string) => boolean;
  readonly addressesOf: (name: string, options: LookupOptions) => Promise<LookupAddress[]>;
}

async function send(request: OutboundRequest, url: URL, way: Way): Promise<OutboundReply> {
  const deadline = performance.now() + request.timeoutMs;
  const first = await attempt(request, url, way, request.timeoutMs);
  if (first !== 'stale-connection') return first;
  // The other side closed a kept connection while the request was on its way: as good as always it has not read it.
  const second = await attempt(request, url, way, Math.max(1, deadline - performance.now()));
  if (second !== 'stale-connection') return second;
  throw new OutboundError('unreachable', `${url.host} closes connections`);
}

function attempt(
  request: OutboundRequest,
  url: URL,
  way: Way,
  timeoutMs: number,
): Promise<OutboundReply | 'stale-connection'> {
  const { promise, resolve: done, reject } = Promise.withResolvers<OutboundReply | 'stale-connection'>();
  const secure = url.protocol === 'https:';
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const options: RequestOptions = {
    method: request.method,
    agent: secure ? way.https : way.http,
    lookup: guardedLookup(way, url),
    headers: {
      ...request.headers,
      ...(body === undefined ? {} : { 'Content-Length': String(body.byteLength) }),
    },
  };
  let answered = false;
  const call: ClientRequest = secure ? httpsRequest(url, options) : httpRequest(url, options);
  let failure: OutboundError | undefined;
  const fail = (error: OutboundError) => {
    failure ??= error;
    call.destroy(error);
  };
  const whole = setTimeout(() => fail(timedOut(url, timeoutMs)), timeoutMs);
  limitConnecting(call, Math.min(connectMsMax, timeoutMs), (limit) => fail(timedOut(url, limit)));
  call.on('response', (response) => {
    answered = true;
    collect(response, request.bytesMax, url).then(done, (error: unknown) => {
      call.destroy();
      reject(failure ?? outboundError(error, url));
    });
  });
  call.on('error', (error) => {
    if (call.reusedSocket && !answered && failure === undefined && isReset(error)) done('stale-connection');
    else reject(failure ?? outboundError(error, url));
  });
  // An answer that is no answer (an upgrade, say) ends the connection and nothing else.
  call.on('close', () => {
    if (!answered) reject(new OutboundError('unreachable', `${url.host} broke the connection off`));
  });
  call.end(body);
  return promise.finally(() => clearTimeout(whole));
}

function limitConnecting(call: ClientRequest, limitMs: number, expired: (limitMs: number) => void): void {
  call.on('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => expired(limitMs), limitMs);
    const stop = () => clearTimeout(timer);
    socket.once('connect', stop);
    socket.once('close', stop);
  });
}

async function collect(response: IncomingMessage, bytesMax: number, url: URL): Promise<OutboundReply> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const stream: AsyncIterable<Uint8Array> = response;
  for await (const piece of stream) {
    size += piece.byteLength;
    if (size > bytesMax)
      throw new OutboundError('too-large', `${url.host} answers with more than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  const { headers, statusCode = 0 } = response;
  return {
    status: statusCode,
    header: (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : value?.join(', ');
    },
    body: Buffer.concat(pieces),
  };
}

function systemAddresses(name: string, options: LookupOptions): Promise<LookupAddress[]> {
  return lookup(name, { ...options, all: true });
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** What a socket asks for the addresses of a name: those that may be called, or an error. */
function guardedLookup({ addressesOf, refuses }: Way, url: URL) {
  return (name: string, options: LookupOptions, callback: LookupCallback): void => {
    addressesOf(name, options).then(
      (addresses) => {
        const callable = addresses.filter(({ address }) => !refuses(address));
        const [first] = callable;
        if (first === undefined) callback(forbidden(url), '');
        else if (options.all === true) callback(null, callable);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('no address'), ''),
    );
  };
}

function forbidden(url: URL): OutboundError {
  return new OutboundError('forbidden-address', `${url.host} is not at a public address`);
}

function timedOut(url: URL, limitMs: number): OutboundError {
  return new OutboundError('timeout', `${url.host} did not answer within ${Math.round(limitMs)} ms`);
}

function isReset(error: Error): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function outboundError(error: unknown, url: URL): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  if (['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL'].includes(code))
    return new OutboundError('unresolved', `${url.hostname} has no address`);
  if (code.startsWith('HPE_'))
    return new OutboundError('bad-reply', `${url.host} answers with what is no HTTP`);
  return new OutboundError('unreachable', `${url.host} cannot be reached${code === '' ? '' : ` (${code})`}`);
}
