/** The IP addresses that a grid's own host name leads to. A viewer in the grid's own network may be seen under them. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { plainAddress } from '../network-address.ts';

/** How long an answer is believed. */
const lifeMs = 10 * 60_000;

export class OwnIpAddresses {
  readonly #lookup: (host: string) => Promise<readonly string[]>;
  #known:
    | { readonly host: string; readonly until: number; readonly addresses: Promise<readonly string[]> }
    | undefined;

  constructor(find: (host: string) => Promise<readonly string[]> = addressesOf) {
    this.#lookup = find;
  }

  async has(url: string, address: string): Promise<boolean> {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return plainAddress(host) === plainAddress(address);
    const now = performance.now();
    if (this.#known?.host !== host || now > this.#known.until)
      this.#known = { host, until: now + lifeMs, addresses: this.#lookup(host) };
    return (await this.#known.addresses).some((own) => plainAddress(own) === plainAddress(address));
  }
}

/** None when the name cannot be resolved. */
async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
