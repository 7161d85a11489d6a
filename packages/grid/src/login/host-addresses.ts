/** The IPv4 addresses of simulators' hosts, which viewers must be told: looked up once in a while, not at every login. */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';

const lifeMs = 60_000;
const hostsMax = 5000;
const lookupMsMax = 5000;

export type ResolveHost = (host: string) => Promise<string>;

/** Rejects when the host has none. */
async function resolveIpv4(host: string): Promise<string> {
  return (await lookup(host, { family: 4 })).address;
}

export class HostAddresses {
  readonly #resolve: ResolveHost;
  readonly #fresh = new LRUCache<string, string>({ max: hostsMax, ttl: lifeMs });
  /** What a host had before, for when name servers do not answer. */
  readonly #last = new LRUCache<string, string>({ max: hostsMax });

  constructor(resolve: ResolveHost = resolveIpv4) {
    this.#resolve = resolve;
  }

  /** Dotted decimal; undefined when the host has no IPv4 address. */
  async find(host: string): Promise<string | undefined> {
    if (isIPv4(host)) return host;
    const fresh = this.#fresh.get(host);
    if (fresh !== undefined) return fresh;
    const found = await Promise.race([
      this.#resolve(host).catch(() => undefined),
      wait(lookupMsMax, undefined, { ref: false }),
    ]);
    if (found === undefined) return this.#last.get(host);
    this.#fresh.set(host, found);
    this.#last.set(host, found);
    return found;
  }
}
