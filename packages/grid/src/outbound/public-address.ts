/** Which IP addresses the public internet has: whatever else a foreign host name leads to is not called. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IANA's registries of special addresses, for IPv4; the metadata service of clouds (169.254.169.254) is among them. */
const special4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;

/** Within 2000::/3: protocol assignments (Teredo too), documentation, and 6to4, which can hide any IPv4 address. */
const special6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** What network address translation writes IPv4 addresses into (RFC 6052). */
const translated = '64:ff9b::';

const allowed = new BlockList();
allowed.addSubnet('0.0.0.0', 0, 'ipv4');
allowed.addSubnet('2000::', 3, 'ipv6');
allowed.addSubnet(translated, 96, 'ipv6');

const refused = new BlockList();
for (const [network, bits] of special4) {
  refused.addSubnet(network, bits, 'ipv4');
  refused.addSubnet(`${translated}${network}`, 96 + bits, 'ipv6');
}
for (const [network, bits] of special6) refused.addSubnet(network, bits, 'ipv6');

const linkLocal = new BlockList();
linkLocal.addSubnet('0.0.0.0', 8, 'ipv4');
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('224.0.0.0', 3, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addSubnet('ff00::', 8, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/** IPv4 addresses in IPv6 form (`::ffff:…`) are never public here: names of the internet do not resolve to them. */
export function isPublicAddress(address: string): boolean {
  const family = familyOf(address);
  if (family === undefined || /^::ffff:/i.test(address)) return false;
  return allowed.check(address, family) && !refused.check(address, family);
}

/** Addresses that nothing but the machine itself or its cloud answers: also no simulator is there. */
export function isLinkLocalAddress(address: string): boolean {
  const family = familyOf(address);
  // A check of an IPv4 address in IPv6 form looks at the rules for IPv4 too.
  return family === undefined || linkLocal.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (isIPv4(address)) return 'ipv4';
  // With a zone (`fe80::1%eth0`) it names an interface of this machine.
  return isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined;
}
