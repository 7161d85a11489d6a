/** What roles let their members do: bits that viewers and simulators share (OpenMetaverse, GroupPowers). */

const bit = (number: number) => 1n << BigInt(number);

/** Those that the service itself looks at. */
export const groupPowers = {
  invite: bit(1),
  eject: bit(2),
  createRole: bit(4),
  deleteRole: bit(5),
  /** Give others the roles that one has oneself. */
  assignMemberLimited: bit(7),
  assignMember: bit(8),
  /** In OpenSimulator also what is needed to change a group and its roles. */
  changeActions: bit(10),
  sendNotices: bit(42),
  /** The members of the role are seen by everybody. */
  memberVisible: bit(47),
} as const;

/** Of the roles of a new group. Source: OpenSim/Addons/Groups/Service/GroupsService.cs. */
export const everyonePowers = 62_672_565_501_952n;
export const officerPowers = 560_750_921_775_310n;
export const ownerPowers = 4_503_599_627_370_494n;

/** Undefined for what is no whole number of 64 bits. */
export function tryParsePowers(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (!/^\d{1,20}$/.test(trimmed)) return undefined;
  const powers = BigInt(trimmed);
  return powers < 1n << 64n ? powers : undefined;
}
