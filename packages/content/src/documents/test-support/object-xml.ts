/** Makes small scene objects for tests. */

export const partId = '06b6d73c-76e0-5e8b-9cef-1f7c47112b78';
export const ownerId = '2bf7bc44-9b1f-513f-8213-7dc90a05e45b';

/** Elements of a part by name; `''` leaves one out. */
export type Elements = Readonly<Record<string, string>>;

const usual: Elements = {
  CreatorID: `<CreatorID><UUID>${ownerId}</UUID></CreatorID>`,
  UUID: `<UUID><UUID>${partId}</UUID></UUID>`,
  LocalId: '<LocalId>1001</LocalId>',
  Name: '<Name>Box</Name>',
  GroupPosition: '<GroupPosition><X>128</X><Y>64.5</Y><Z>25</Z></GroupPosition>',
  RotationOffset: '<RotationOffset><X>0</X><Y>0</Y><Z>0</Z><W>1</W></RotationOffset>',
  Scale: '<Scale><X>0.5</X><Y>0.5</Y><Z>0.5</Z></Scale>',
  LinkNum: '<LinkNum>0</LinkNum>',
  OwnerID: `<OwnerID><UUID>${ownerId}</UUID></OwnerID>`,
  BaseMask: '<BaseMask>647168</BaseMask>',
  Flags: '<Flags>None</Flags>',
};

export function partXml(changes: Elements = {}): string {
  return `<SceneObjectPart>${Object.values({ ...usual, ...changes }).join('')}</SceneObjectPart>`;
}

/** The form of `objects/`. */
export function xml2Object(changes: Elements = {}, after = ''): string {
  return `<SceneObjectGroup>${partXml(changes)}<OtherParts />${after}</SceneObjectGroup>`;
}

/** The form of Object assets. */
export function originalObject(changes: Elements = {}, after = ''): string {
  return `<SceneObjectGroup><RootPart>${partXml(changes)}</RootPart><OtherParts />${after}</SceneObjectGroup>`;
}

export function coalescedObject(...objects: readonly string[]): string {
  const groups = objects.map(
    (object) => `<SceneObjectGroup offsetx="1" offsety="2.5" offsetz="0">${object}</SceneObjectGroup>`,
  );
  return `<CoalescedObject x="1" y="1" z="1">${groups.join('')}</CoalescedObject>`;
}

export function itemXml(itemId: string, changes: Elements = {}): string {
  const elements: Elements = {
    AssetID: `<AssetID><UUID>${partId}</UUID></AssetID>`,
    ItemID: `<ItemID><UUID>${itemId}</UUID></ItemID>`,
    InvType: '<InvType>10</InvType>',
    Type: '<Type>10</Type>',
    Name: '<Name>Script</Name>',
    ...changes,
  };
  return `<TaskInventoryItem>${Object.values(elements).join('')}</TaskInventoryItem>`;
}
