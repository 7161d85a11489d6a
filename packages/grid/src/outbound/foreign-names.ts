/**
 * The addresses of host names that strangers have chosen. Asked by Node's own resolver: the system's works in one of four
 * threads that passwords and files need as well, and a name server of the stranger's may let each wait for long.
 */
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';

const resolver = new Resolver({ timeout: 2000, tries: 2 });

/** Rejects as Node's resolver does when the name has neither IPv4 nor IPv6 addresses. */
export async function foreignAddresses(name: string): Promise<LookupAddress[]> {
  // No name server is asked for these (RFC 6761).
  if (/^(?:.+\.)?localhost\.?$/i.test(name)) return [{ address: '127.0.0.1', family: 4 }];
  const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length === 0 && four.status === 'rejected') throw four.reason;
  return found;
}
