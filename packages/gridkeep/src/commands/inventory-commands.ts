import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { Inventory } from '@gridkeep/grid/inventory/inventory';
import type { Uuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import { CommandError, installationCommand } from './command.ts';
import { formatTable } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { residentOf } from './resident-name.ts';

export const residentNameInput = Type.String({ description: 'first and last name' });

export const inventoryList = installationCommand({
  name: 'inventory list',
  summary: "List a folder of a resident's inventory",
  examples: [
    'gridkeep inventory list "Ada Lovelace"',
    'gridkeep inventory list "Ada Lovelace" "/Objects/Garden" --json',
  ],
  input: Type.Object(
    {
      resident: residentNameInput,
      path: Type.Optional(
        Type.String({ description: 'folder below the root, for example /Objects (default /)' }),
      ),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['resident', 'path'],
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const resident = await residentOf(services, input.resident);
    const path = input.path ?? '/';
    const folder = await folderAt(services.inventory, resident.id, path);
    const content = await services.inventory.content(folder.id);
    const folders = content.folders.toSorted(byName);
    const items = content.items.toSorted(byName);
    return {
      data: { folder: folderData(folder), folders: folders.map(folderData), items: items.map(itemData) },
      text: formatTable(
        ['NAME', 'TYPE', 'ID'],
        [
          ...folders.map((one) => [`${one.name}/`, 'folder', one.id]),
          ...items.map((one) => [one.name, String(one.assetType), one.id]),
        ],
        `${path} is empty.`,
      ),
    };
  },
});

async function folderAt(inventory: Inventory, owner: Uuid, path: string): Promise<InventoryFolder> {
  const target = await inventory.findByPath(owner, path);
  if (target?.kind === 'folder') return target.folder;
  throw new CommandError('not-found', `the inventory has no folder ${JSON.stringify(path)}`);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name);
}

function folderData(folder: InventoryFolder): Readonly<Record<string, unknown>> {
  const { id, parentId, name, type, version } = folder;
  return { id, parentId, name, type, version };
}

function itemData(item: InventoryItem): Readonly<Record<string, unknown>> {
  const { id, name, description, assetId, assetType, inventoryType, creatorId, creatorData } = item;
  return { id, name, description, assetId, assetType, inventoryType, creatorId, creatorData };
}
