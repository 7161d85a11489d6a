/** The flags of an asset, which travel by name. A number or an unknown name makes simulators drop the asset. */

export const assetFlags = { maptile: 1, rewritable: 2, collectable: 4 } as const;

const names: readonly (readonly [number, string])[] = [
  [assetFlags.maptile, 'Maptile'],
  [assetFlags.rewritable, 'Rewritable'],
  [assetFlags.collectable, 'Collectable'],
];

/** `Normal`, or the names of the known bits; other bits have no name and are not sent. */
export function formatAssetFlags(flags: number): string {
  const set = names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return set.length === 0 ? 'Normal' : set.join(' ');
}

/** The bits of names between spaces; empty text is none. Undefined when a name is unknown. */
export function tryParseAssetFlags(text: string): number | undefined {
  let flags = 0;
  for (const word of text.split(/[ \t\r\n]+/)) {
    if (word === '' || word === 'Normal') continue;
    const known = names.find(([, name]) => name === word);
    if (known === undefined) return undefined;
    flags |= known[0];
  }
  return flags;
}
