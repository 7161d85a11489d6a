/** Which simulator sends a request: HTTP Basic, looked up once per header text and remembered. */
import type { Simulator } from '@gridkeep/hosting/tenants/simulators';

/** Longer ones are nobody's: name and secret have 64 and 43 characters at most. */
const headerLengthMax = 512;
const rememberedMax = 4096;
/** How long a revocation by another process may stay unseen, in milliseconds. */
const rememberedMs = 30_000;

export interface Credentials {
  authenticate(name: string, secret: string): Promise<Simulator | undefined>;
  onRevoked(listener: () => void): void;
}

interface Remembered {
  readonly simulator: Simulator;
  readonly until: number;
}

export class SimulatorAuthorization {
  readonly #credentials: Credentials;
  readonly #now: () => number;
  /** In the order of their entry; only headers that were right, so strangers cannot crowd it. */
  readonly #remembered = new Map<string, Remembered>();
  /** Changes with every revocation: an answer that was under way then is not remembered. */
  #revocations = 0;

  constructor(credentials: Credentials, now: () => number = () => performance.now()) {
    this.#credentials = credentials;
    this.#now = now;
    credentials.onRevoked(() => {
      this.#revocations += 1;
      this.#remembered.clear();
    });
  }

  /** The simulator of an Authorization header, or undefined; without a promise when it is remembered. */
  check(header: string | undefined): Simulator | undefined | Promise<Simulator | undefined> {
    if (header === undefined || header.length > headerLengthMax) return undefined;
    const known = this.#remembered.get(header);
    if (known !== undefined && known.until > this.#now()) return known.simulator;
    return this.#lookUp(header);
  }

  async #lookUp(header: string): Promise<Simulator | undefined> {
    const pair = parseBasic(header);
    if (pair === undefined) return undefined;
    const revocations = this.#revocations;
    const simulator = await this.#credentials.authenticate(pair.name, pair.secret);
    this.#remembered.delete(header);
    if (simulator === undefined || revocations !== this.#revocations) return simulator;
    const oldest = this.#remembered.size < rememberedMax ? undefined : this.#remembered.keys().next().value;
    if (oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(header, { simulator, until: this.#now() + rememberedMs });
    return simulator;
  }
}

/** RFC 7617; the first colon ends the name. */
export function parseBasic(header: string): { readonly name: string; readonly secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { name: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}
