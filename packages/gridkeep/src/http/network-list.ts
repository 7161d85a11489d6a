/** A list of networks from the configuration. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Of addresses whose answer is remembered. */
const rememberedMax = 4096;

export class NetworkList {
  readonly #networks = new BlockList();
  readonly #remembered = new Map<string, boolean>();
  readonly empty: boolean;

  /** Checked entries: an IP address, or one with the length of its network. */
  constructor(networks: readonly string[]) {
    this.empty = networks.length === 0;
    for (const network of networks) {
      const [address = '', length] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (length === undefined) this.#networks.addAddress(address, family);
      else this.#networks.addSubnet(address, Number(length), family);
    }
  }

  /** The address in its plain form. */
  has(address: string): boolean {
    if (this.empty) return false;
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const found = isIPv4(address)
      ? this.#networks.check(address, 'ipv4')
      : isIPv6(address) && this.#networks.check(address, 'ipv6');
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(address, found);
    return found;
  }
}
