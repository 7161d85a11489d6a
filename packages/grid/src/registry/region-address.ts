/** What is wrong with an address that a simulator gives for its region, as far as can be told without asking anybody. */
import { BlockList, isIP } from 'node:net';
import { plainAddress } from '../network-address.ts';
import type { Registration } from './registered-region.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');
loopback.addAddress('0.0.0.0');
loopback.addAddress('::', 'ipv6');

const privateNetwork = new BlockList();
privateNetwork.addSubnet('10.0.0.0', 8);
privateNetwork.addSubnet('172.16.0.0', 12);
privateNetwork.addSubnet('192.168.0.0', 16);
privateNetwork.addSubnet('169.254.0.0', 16);
privateNetwork.addSubnet('100.64.0.0', 10);
privateNetwork.addSubnet('fc00::', 7, 'ipv6');
privateNetwork.addSubnet('fe80::', 10, 'ipv6');

type Reach = 'loopback' | 'private' | 'public' | 'unknown';

/**
 * A sentence for the operator when the address cannot work for others: only the machine itself, or its own network, reaches
 * it, while the simulator calls from elsewhere.
 */
export function addressNotice(
  registration: Pick<Registration, 'serverUri' | 'serverHost'>,
  callerAddress: string,
): string | undefined {
  const caller = reachOf(callerAddress);
  const hosts = new Map([
    ['serverURI', hostOf(registration.serverUri)],
    ['ExternalHostName', registration.serverHost],
  ]);
  for (const [key, host] of hosts) {
    const reach = reachOf(host);
    if (reach === 'loopback' && caller !== 'loopback' && caller !== 'unknown')
      return (
        `${key} names ${host}, which reaches only the machine itself, while the simulator calls from ` +
        `${callerAddress}: set ExternalHostName to an address that viewers can reach`
      );
    if (reach === 'private' && caller === 'public')
      return (
        `${key} names ${host}, an address of a private network, while the simulator calls from ` +
        `${callerAddress}: set ExternalHostName to an address that viewers can reach`
      );
  }
  return undefined;
}

function hostOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}

function reachOf(host: string): Reach {
  if (/^(.+\.)?localhost\.?$/i.test(host)) return 'loopback';
  const address = plainAddress(host);
  const version = isIP(address);
  if (version === 0) return 'unknown';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (loopback.check(address, family)) return 'loopback';
  return privateNetwork.check(address, family) ? 'private' : 'public';
}
