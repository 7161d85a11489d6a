/** Who a client is when reverse proxies stand before a port. */
import { isIP } from 'node:net';
import { plainAddress } from '@gridkeep/grid/network-address';
import type { NetworkList } from './network-list.ts';

/** Of a header; proxies append, so what counts is at its end. */
const headerLengthMax = 4096;

/**
 * The nearest address that is no trusted proxy. Whatever stands left of it in X-Forwarded-For was written by strangers.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: NetworkList,
): string {
  if (forwardedFor === undefined || !trustedProxies.has(peer)) return peer;
  let nearest = peer;
  for (const entry of forwardedFor.slice(-headerLengthMax).split(',').reverse()) {
    const address = plainAddress(entry.trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!trustedProxies.has(address)) return nearest;
  }
  return nearest;
}
