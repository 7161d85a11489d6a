/** The folders that every resident has, as OpenSimulator makes them (XInventoryService.CreateUserInventory). */
import { FolderTypes } from './folder-types.ts';

export interface SystemFolder {
  readonly type: number;
  readonly name: string;
}

/** Directly below the root. Materials are known to OpenSimulator 0.9.3 and harmless before. */
export const systemFolders: readonly SystemFolder[] = [
  { type: FolderTypes.animation, name: 'Animations' },
  { type: FolderTypes.bodyPart, name: 'Body Parts' },
  { type: FolderTypes.callingCard, name: 'Calling Cards' },
  { type: FolderTypes.clothing, name: 'Clothing' },
  { type: FolderTypes.currentOutfit, name: 'Current Outfit' },
  { type: FolderTypes.favorites, name: 'Favorites' },
  { type: FolderTypes.gesture, name: 'Gestures' },
  { type: FolderTypes.landmark, name: 'Landmarks' },
  { type: FolderTypes.lostAndFound, name: 'Lost And Found' },
  { type: FolderTypes.notecard, name: 'Notecards' },
  { type: FolderTypes.object, name: 'Objects' },
  { type: FolderTypes.snapshot, name: 'Photo Album' },
  { type: FolderTypes.lslText, name: 'Scripts' },
  { type: FolderTypes.sound, name: 'Sounds' },
  { type: FolderTypes.texture, name: 'Textures' },
  { type: FolderTypes.trash, name: 'Trash' },
  { type: FolderTypes.settings, name: 'Settings' },
  { type: FolderTypes.material, name: 'Materials' },
];

/** Below a new Calling Cards folder, one within the other; both of that type. */
export const callingCardFolders: readonly string[] = ['Friends', 'All'];

const names = new Set(systemFolders.map(({ name }) => `/${name}`));

/** Whether a path of names from the root, such as `/Calling Cards/Friends`, is a folder that every resident has. */
export function isSystemFolderPath(path: string): boolean {
  return names.has(path) || path === '/Calling Cards/Friends' || path === '/Calling Cards/Friends/All';
}
