/**
 * Assets, folders and items that recorded replies show though no recorded request had made them: they were there before
 * the recordings began, or were made by exchanges that were left out of them. Each is put in place, with the id it had,
 * before the first exchange that speaks of it. What a recorded request made is never put in place: that is Gridkeep's task.
 */
import { randomBytes } from 'node:crypto';
import { FormFields } from '@gridkeep/grid/form-fields';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { readFolder, readItem } from '@gridkeep/grid/inventory/inventory-form';
import type { InventoryItem, NewFolder } from '@gridkeep/grid/inventory/inventory-records';
import { readAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import type { AssetDocument } from '@gridkeep/wire/robust/asset-documents';
import { readForm, writeForm } from '@gridkeep/wire/robust/form';
import { readBooleansDocument, readStringsDocument } from '@gridkeep/wire/robust/serialized';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Identities } from './compare.ts';
import { isMembers, meaningOf } from './meaning.ts';
import type { Meaning, Members } from './meaning.ts';
import { textOf } from './recording.ts';
import type { Exchange } from './recording.ts';

const assetBytesMax = 64 * 1024 * 1024;
/** Stands for one of which the recordings tell no more than its id. */
const unknownAsset: Omit<AssetDocument, 'id' | 'fullId'> = {
  ...{ type: 7, name: '', description: '', flags: 0, temporary: false, local: false, creatorId: '' },
  data: randomBytes(8),
};

export class EarlierContent {
  readonly #services: GridServices;
  readonly #identities: Identities;
  /** Made by a request of the recordings, or put in place already. */
  readonly #known = new Set<string>();

  /** Assets that some reply shows whole, by their ids. */
  readonly #shownAssets: ReadonlyMap<string, AssetDocument>;

  /** `exchanges`: all that are going to be played. */
  constructor(services: GridServices, identities: Identities, exchanges: readonly Exchange[]) {
    this.#services = services;
    this.#identities = identities;
    const shown = exchanges.filter(
      ({ method, path, status }) => method === 'GET' && status === 200 && /^\/assets\/[^/]+$/.test(path),
    );
    this.#shownAssets = new Map(
      shown.flatMap(({ received }) => {
        if (received === undefined) return [];
        const document = readAssetDocument(received, assetBytesMax);
        return [[document.fullId, document]];
      }),
    );
  }

  async before(exchange: Exchange): Promise<void> {
    const { path, sent } = exchange;
    if (path.startsWith('/assets') || path === '/get_assets_exist') await this.#beforeAssets(exchange);
    else if (path === '/xinventory') await this.#beforeInventory(exchange);
    else if (textOf(sent).includes('login_to_simulator')) await this.#beforeLogin(exchange);
  }

  async #beforeAssets({ method, path, status, sent, received }: Exchange): Promise<void> {
    if (path === '/get_assets_exist') {
      if (sent === undefined || received === undefined) return;
      const there = readBooleansDocument(received);
      for (const [index, id] of readStringsDocument(sent).entries())
        if (there[index] === true) await this.#seedAsset(parseUuid(id));
    } else if (method === 'POST') {
      if (sent !== undefined) this.#known.add(readAssetDocument(sent, assetBytesMax).fullId);
    } else if (method === 'GET' && status === 200) await this.#seedAsset(parseUuid(path.split('/')[2] ?? ''));
  }

  async #seedAsset(id: Uuid): Promise<void> {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    const { type, name, description, flags, temporary, local, data, creatorId } =
      this.#shownAssets.get(id) ?? unknownAsset;
    const asset = { id, type, name, description, flags, temporary, local, creator: creatorId ?? '' };
    const bytes = data ?? new Uint8Array(0);
    await this.#services.assets.create({ ...asset, data: bytes, createdAt: Date.now() }, 'earlier');
  }

  async #beforeInventory({ sent, received }: Exchange): Promise<void> {
    const form = readForm(textOf(sent));
    const method = form.text('METHOD') ?? '';
    const reply = textOf(received);
    const worked = reply.includes('<RESULT>True<');
    if (method.startsWith('ADD')) this.#known.add(form.text('ID') ?? '');
    else if (method === 'UPDATEITEM' && worked)
      await this.#seedItem(new Map([...form.fields].map(([name, value]) => [name, String(value)])));
    else for (const shown of entriesIn(meaningOf(Buffer.from(reply)))) await this.#seed(shown);
  }

  async #beforeLogin({ received }: Exchange): Promise<void> {
    const reply = meaningOf(received ?? new Uint8Array(0));
    for (const folder of shownSkeleton(reply)) await this.#seedFolder(folder);
  }

  async #seed(entry: Members): Promise<void> {
    const fields = textsIn(entry);
    if (fields.has('AssetID')) await this.#seedItem(fields);
    else if (fields.has('ParentID') && fields.has('Name'))
      await this.#seedFolder(readFolder(fieldsOf(fields)));
  }

  async #seedFolder(folder: NewFolder): Promise<void> {
    if (!(await this.#isNew(folder.id, (id) => this.#services.inventory.folder(id)))) return;
    await this.#services.inventory.addFolder({ ...folder, parentId: this.#ours(folder.parentId) });
  }

  async #seedItem(fields: ReadonlyMap<string, string>): Promise<void> {
    const item = readItem(fieldsOf(fields));
    if (!(await this.#isNew(item.id, (id) => this.#services.inventory.item(id)))) return;
    await this.#services.inventory.addItem({ ...item, folderId: this.#ours(item.folderId) });
  }

  async #isNew(id: Uuid, find: (id: Uuid) => Promise<object | undefined>): Promise<boolean> {
    // One that has another id here was made by Gridkeep.
    if (this.#known.has(id) || this.#ours(id) !== id) return false;
    this.#known.add(id);
    return (await find(id)) === undefined;
  }

  #ours(id: Uuid): Uuid {
    return parseUuid(this.#identities.ours(id) ?? id);
  }
}

function fieldsOf(fields: Iterable<readonly [string, string]>): FormFields {
  return new FormFields(readForm(writeForm(fields)));
}

/** Everything in a reply that has an id of its own, the outermost first. */
function entriesIn(meaning: Meaning): readonly Members[] {
  if (typeof meaning === 'string') return [];
  if (!isMembers(meaning)) return meaning.flatMap(entriesIn);
  const inner = [...meaning.members.values()].flatMap(entriesIn);
  return meaning.members.has('ID') ? [meaning, ...inner] : inner;
}

/** The items that a reply of an inventory shows. */
export function shownItems(reply: Uint8Array | undefined): readonly InventoryItem[] {
  return entriesIn(meaningOf(reply ?? new Uint8Array(0))).flatMap((entry) =>
    entry.members.has('AssetID') ? [readItem(fieldsOf(textsIn(entry)))] : [],
  );
}

/** The folders that the reply to a login shows; of this resident alone, when one is given. */
export function shownSkeleton(reply: Meaning, owner?: Uuid): readonly NewFolder[] {
  const ownerId = textIn(reply, 'agent_id');
  const skeleton = isMembers(reply) ? reply.members.get('inventory-skeleton') : undefined;
  if (skeleton === undefined || typeof skeleton === 'string' || isMembers(skeleton)) return [];
  if (owner !== undefined && ownerId !== owner) return [];
  return skeleton.map((entry) => ({
    id: parseUuid(textIn(entry, 'folder_id')),
    ownerId: parseUuid(ownerId),
    parentId: parseUuid(textIn(entry, 'parent_id')),
    name: textIn(entry, 'name'),
    type: Number(textIn(entry, 'type_default')),
  }));
}

function textsIn({ members }: Members): ReadonlyMap<string, string> {
  return new Map([...members].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

function textIn(meaning: Meaning, name: string): string {
  const value = isMembers(meaning) ? meaning.members.get(name) : undefined;
  return typeof value === 'string' ? value : '';
}
