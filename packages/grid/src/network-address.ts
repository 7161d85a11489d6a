/** IP addresses as texts that can be compared. */
import { isIPv4, isIPv6 } from 'node:net';

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * In lower case and without the forms that depend on the socket: `::ffff:192.0.2.1` and `fe80::1%eth0` become `192.0.2.1` and
 * `fe80::1`.
 */
export function plainAddress(address: string): string {
  const zone = address.indexOf('%');
  const bare = (zone < 0 ? address : address.slice(0, zone)).trim().toLowerCase();
  return mapped.exec(bare)?.[1] ?? bare;
}

/**
 * What one subscriber holds: an IPv4 address, or the 64 bits of an IPv6 prefix, within which machines change their address
 * at will. Any other text stands for itself.
 */
export function addressNetwork(address: string): string {
  const plain = plainAddress(address);
  if (isIPv4(plain) || !isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** An IPv4 tail, as in `64:ff9b::192.0.2.1`, counts as two groups; their value is outside the prefix. */
function groupsOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
