/** Gives the people and groups of a scene object other ids, as a grid must that takes in an object from elsewhere. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { childOf, escapeXml } from '@gridkeep/wire/xml-tree';
import { parseLooseUuid } from './field-values.ts';
import { parseObjectXml, partElements } from './object-elements.ts';
import type { Identity, IdentityRole } from './object-reading.ts';
import type { TextEdit } from './text-edits.ts';
import { applyEdits } from './text-edits.ts';

export interface NewIdentity {
  readonly id: Uuid;
  /** For creators: replaces or adds `CreatorData`; '' removes it; undefined leaves it as it is. */
  readonly creatorData?: string;
}

/** Asked for every place, zero ids included; undefined leaves the place as it is. */
export type MapIdentity = (identity: Identity) => NewIdentity | undefined;

const partRoles: ReadonlyMap<string, IdentityRole> = new Map([
  ['CreatorID', 'creator'],
  ['OwnerID', 'owner'],
  ['LastOwnerID', 'lastOwner'],
  ['GroupID', 'group'],
  ['RezzerID', 'rezzer'],
]);

const itemRoles: ReadonlyMap<string, IdentityRole> = new Map([
  ['CreatorID', 'creator'],
  ['OwnerID', 'owner'],
  ['LastOwnerID', 'lastOwner'],
  ['GroupID', 'group'],
  ['PermsGranter', 'permsGranter'],
]);

/** Changes parts and their task items. Throws a DocumentError for text that is no XML. */
export function mapIdentities(text: string, map: MapIdentity): string {
  const edits: TextEdit[] = [];
  for (const part of partElements(parseObjectXml(text))) {
    mapHolder(part, partRoles, map, edits);
    for (const child of part.children) {
      if (child.name !== 'TaskInventory') continue;
      for (const item of child.children) mapHolder(item, itemRoles, map, edits);
    }
  }
  return applyEdits(text, edits);
}

/** Of elements that stand twice the loader takes the last; all are changed. */
function mapHolder(
  holder: XmlElement,
  roles: ReadonlyMap<string, IdentityRole>,
  map: MapIdentity,
  edits: TextEdit[],
): void {
  const data = childOf(holder, 'CreatorData');
  for (const element of holder.children) {
    const role = roles.get(element.name);
    if (role === undefined) continue;
    const holding = element.children[0] ?? element;
    const id = parseLooseUuid(holding.text);
    const creatorData = role === 'creator' ? (data?.text ?? '') : '';
    const changed = map({ role, id, creatorData });
    if (changed === undefined) continue;
    if (changed.id !== id) edits.push(idEdit(holding, changed.id));
    if (role === 'creator' && changed.creatorData !== undefined && changed.creatorData !== creatorData)
      edits.push(dataEdit(element, data, changed.creatorData));
  }
}

/** `<UUID />` has no inside to put an id in, so the element is written anew. */
function idEdit(holding: XmlElement, id: Uuid): TextEdit {
  if (holding.contentStart !== holding.end)
    return { start: holding.contentStart, end: holding.contentEnd, replacement: id };
  const inside = holding.name === 'UUID' || holding.name === 'Guid' ? id : `<UUID>${id}</UUID>`;
  return {
    start: holding.start,
    end: holding.end,
    replacement: `<${holding.name}>${inside}</${holding.name}>`,
  };
}

function dataEdit(creator: XmlElement, data: XmlElement | undefined, text: string): TextEdit {
  const replacement = text === '' ? '' : `<CreatorData>${escapeXml(text)}</CreatorData>`;
  const { start, end } = data ?? { start: creator.end, end: creator.end };
  return { start, end, replacement };
}
