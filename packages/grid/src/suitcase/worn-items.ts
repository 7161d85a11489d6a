/** Which items a resident wears, as simulators have written it into the avatar's record. */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';

/**
 * `Wearable i:j` holds `item:asset`, `_ap_N` a list of items between commas; older simulators wrote `BodyItem` and such.
 * Source: OpenSim/Services/Interfaces/IAvatarService.cs.
 */
export function wornItemsIn(avatar: ReadonlyMap<string, string>): ReadonlySet<Uuid> {
  const worn = new Set<Uuid>();
  for (const [name, value] of avatar) {
    const texts = name.startsWith('Wearable ')
      ? value.split(':', 1)
      : name.startsWith('_ap_')
        ? value.split(',')
        : name.endsWith('Item')
          ? [value]
          : [];
    for (const text of texts) {
      const id = tryParseUuid(text.trim());
      if (id !== undefined) worn.add(id);
    }
  }
  return worn;
}
