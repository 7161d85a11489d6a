/** A small grid in which something happens every day; the same seed makes the same days, but for secrets and times of writing. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { defaultParcel } from '@gridkeep/content/documents/parcel';
import { writeParcel } from '@gridkeep/content/documents/parcel-xml';
import { defaultRegionSettings } from '@gridkeep/content/documents/region-settings';
import { writeRegionSettings } from '@gridkeep/content/documents/region-settings-xml';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { InventoryItem, NewFolder } from '@gridkeep/grid/inventory/inventory-records';
import { createResident } from '@gridkeep/grid/residents';
import { parseUserText } from '@gridkeep/grid/user-text';
import { storedBlobId } from '@gridkeep/storage/database/stored-ids';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { writeMadeOar } from './made-archive.ts';
import type { MadeObject } from './made-archive.ts';
import type { OpenGrid } from './open-grid.ts';

export interface GridScale {
  /** On the first day. */
  readonly residents: number;
  /** One more comes every so many days. */
  readonly daysPerResident: number;
  readonly regions: number;
  readonly objectsPerRegion: number;
  /** One region in turn is loaded anew every so many days. */
  readonly daysPerLoad: number;
  /** In inventories on the first day. */
  readonly firstAssets: number;
  readonly assetsPerDay: number;
  /** Moved, renamed, or deleted. */
  readonly inventoryChangesPerDay: number;
  readonly assetBytesMax: number;
}

interface Resident {
  readonly id: Uuid;
  readonly root: Uuid;
  readonly trash: Uuid;
  /** Ordinary ones, parents before children when they were made. */
  readonly folders: NewFolder[];
  readonly items: InventoryItem[];
}

interface RegionOfGrid {
  readonly id: Uuid;
  readonly x: number;
  objects: MadeObject[];
  loads: number;
}

const permissions = 0x0009e000;

export class ChangingGrid {
  readonly #services: GridServices;
  readonly #packs: OpenGrid['packs'];
  readonly #folder: string;
  readonly #scale: GridScale;
  readonly #seed: string;
  readonly #residents: Resident[] = [];
  readonly #regions: RegionOfGrid[] = [];
  readonly #groups: { readonly id: Uuid; readonly founder: Uuid; readonly members: Uuid[] }[] = [];
  #counter = 0;

  private constructor(grid: OpenGrid, folder: string, scale: GridScale, seed: string) {
    this.#services = grid.services;
    this.#packs = grid.packs;
    this.#folder = folder;
    this.#scale = scale;
    this.#seed = seed;
  }

  /** On an empty grid. `folder`: for archives that are loaded. `at`: Unix milliseconds of the first day. */
  static async create(
    grid: OpenGrid,
    folder: string,
    scale: GridScale,
    at: number,
    seed = 'year',
  ): Promise<ChangingGrid> {
    const world = new ChangingGrid(grid, folder, scale, seed);
    for (let number = 0; number < scale.residents; number += 1) await world.#addResident();
    for (let number = 0; number < scale.regions; number += 1) await world.#addRegion(number);
    await world.#addAssets(scale.firstAssets, at);
    return world;
  }

  async passDay(day: number, at: number): Promise<void> {
    const { daysPerResident, daysPerLoad, assetsPerDay, inventoryChangesPerDay } = this.#scale;
    if (day % daysPerResident === 1) await this.#addResident();
    await this.#addAssets(assetsPerDay, at);
    await this.changeInventories(inventoryChangesPerDay);
    await this.#changePeople(day);
    if (day % daysPerLoad === 0) await this.#reload(Math.floor(day / daysPerLoad) % this.#scale.regions);
    if (day % 9 === 4) await this.#putMapTile(day);
    if (day % 13 === 5) await this.#loseAsset(at);
    if (day % 31 === 20) await this.#services.settings.write('welcomeMessage', `Welcome on day ${day}`);
  }

  /** Uniform, made of the seed and how often something was chosen before. */
  #number(below: number): number {
    this.#counter += 1;
    return this.#hash(`choice ${this.#counter}`).readUInt32LE(0) % below;
  }

  #pick<T>(list: readonly T[]): T {
    const one = list[this.#number(list.length)];
    if (one === undefined) throw new RangeError('nothing to choose from');
    return one;
  }

  #hash(text: string): Buffer {
    return createHash('sha256').update(`${this.#seed} ${text}`).digest();
  }

  #uuid(): Uuid {
    this.#counter += 1;
    const hex = this.#hash(`id ${this.#counter}`).toString('hex');
    const cuts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
    return parseUuid([...cuts, hex.slice(20, 32)].join('-'));
  }

  /** Half of it compresses. */
  #bytes(length: number): Buffer {
    const pieces: Buffer[] = [];
    this.#counter += 1;
    for (let at = 0; at < length; at += 64)
      pieces.push(this.#hash(`bytes ${this.#counter} ${at}`), Buffer.alloc(32, `line ${at} `));
    return Buffer.concat(pieces).subarray(0, length);
  }

  async #addResident(): Promise<void> {
    const number = this.#residents.length;
    const names = { firstName: `Resident${number}`, lastName: number % 3 === 0 ? 'Ångström' : 'Plain' };
    const { id } = await createResident(this.#services, {
      ...{ id: this.#uuid(), ...names, password: `a long password ${number}` },
    });
    const { inventory, profiles, friends } = this.#services;
    const root = await inventory.rootFolder(id);
    const trash = await inventory.folderForType(id, FolderTypes.trash);
    if (root === undefined || trash === undefined) throw new Error('a resident without an inventory');
    const resident: Resident = { id, root: root.id, trash: trash.id, folders: [], items: [] };
    for (let made = 0; made < 4; made += 1) await this.#addFolder(resident);
    await profiles.setPage(id, {
      ...{ webUrl: '', imageId: zeroUuid, aboutText: `I came as number ${number}`, firstLifeText: '' },
      firstLifeImageId: zeroUuid,
    });
    const [friend] = this.#residents.slice(-1);
    if (friend !== undefined) await friends.confirm(id, friend.id);
    this.#residents.push(resident);
  }

  async #addFolder(resident: Resident): Promise<void> {
    const parents = [resident.root, ...resident.folders.map(({ id }) => id)];
    const folder: NewFolder = {
      ...{ id: this.#uuid(), ownerId: resident.id, parentId: this.#pick(parents), type: -1 },
      name: this.#pick(['Häuser / alt', 'Clothes', 'a "quoted" one', 'Things', '日本', 'dots...']),
    };
    await this.#services.inventory.addFolder(folder);
    resident.folders.push(folder);
  }

  async #addAssets(count: number, at: number): Promise<void> {
    const { assets, inventory, database } = this.#services;
    const made = Array.from({ length: count }, (_, number) => {
      const type = this.#pick([AssetTypes.texture, AssetTypes.notecard, AssetTypes.lslText]);
      const owner = this.#pick(this.#residents);
      const id = this.#uuid();
      const data = this.#bytes(100 + this.#number(this.#scale.assetBytesMax));
      const item: InventoryItem = {
        ...{
          id: this.#uuid(),
          ownerId: owner.id,
          folderId: this.#pick([owner.root, ...idsOf(owner.folders)]),
        },
        ...{ assetId: id, assetType: type, inventoryType: type, name: `Thing ${number}`, description: '' },
        ...{ basePermissions: permissions, currentPermissions: permissions, everyonePermissions: 0 },
        ...{ groupPermissions: 0, nextPermissions: permissions, creatorId: owner.id, creatorData: '' },
        ...{ creatorClaim: '', flags: 0, saleType: 0, salePrice: 0, groupId: zeroUuid, groupOwned: false },
        creationDate: Math.floor(at / 1000),
      };
      return { type, owner, id, data, item };
    });
    await Promise.all(
      made.map(({ id, type, data, owner, item }) =>
        assets.create(
          {
            ...{ id, type, data, name: item.name, description: '', creator: owner.id, flags: 0 },
            ...{ temporary: false, local: false, createdAt: at },
          },
          'a day',
        ),
      ),
    );
    await database.transaction(async (queries) => {
      for (const { owner, item } of made) {
        await inventory.addItem(item, queries);
        owner.items.push(item);
      }
    });
  }

  /** Folders and items are moved, renamed, added and deleted. */
  async changeInventories(count: number): Promise<void> {
    for (let change = 0; change < count; change += 1) {
      const resident = this.#pick(this.#residents);
      switch (this.#number(7)) {
        case 0:
          await this.#moveFolder(resident);
          break;
        case 1:
          await this.#renameFolder(resident);
          break;
        case 2:
          await this.#addFolder(resident);
          break;
        case 3:
          await this.#discardFolder(resident);
          break;
        case 4:
          await this.#deleteItem(resident);
          break;
        default:
          await this.#changeItem(resident);
      }
    }
  }

  async #moveFolder({ id, root, folders }: Resident): Promise<void> {
    if (folders.length === 0) return;
    // A folder is not put into one that stands in it: then nothing happens, as with viewers.
    await this.#services.inventory.moveFolder(
      id,
      this.#pick(folders).id,
      this.#pick([root, ...idsOf(folders)]),
    );
  }

  async #renameFolder({ folders }: Resident): Promise<void> {
    if (folders.length === 0) return;
    const { inventory } = this.#services;
    const folder = await inventory.folder(this.#pick(folders).id);
    if (folder !== undefined)
      await inventory.updateFolder({ ...folder, name: `Renamed ${this.#number(1000)}` });
  }

  /** With everything in it, by way of the trash. */
  async #discardFolder(resident: Resident): Promise<void> {
    const { inventory } = this.#services;
    if (resident.folders.length < 6) return;
    await inventory.moveFolder(resident.id, this.#pick(resident.folders).id, resident.trash);
    if (this.#number(2) === 0) await inventory.purgeFolder(resident.trash);
    const [folders, items] = [resident.folders.splice(0), resident.items.splice(0)];
    const there = await inventory.folders(idsOf(folders));
    resident.folders.push(...folders.filter(({ id }) => there.has(id)));
    const still = await inventory.items(idsOf(items));
    resident.items.push(...items.filter(({ id }) => still.has(id)));
  }

  async #deleteItem(resident: Resident): Promise<void> {
    const [item] = resident.items.splice(this.#number(Math.max(1, resident.items.length)), 1);
    if (item !== undefined) await this.#services.inventory.deleteItems(resident.id, [item.id]);
  }

  async #changeItem(resident: Resident): Promise<void> {
    if (resident.items.length === 0) return;
    const { inventory } = this.#services;
    const item = await inventory.item(this.#pick(resident.items).id);
    if (item === undefined) return;
    if (this.#number(2) === 0)
      await inventory.updateItem({ ...item, name: `Item ${this.#number(1000)}`, description: 'renamed' });
    else {
      const folderId = this.#pick([resident.root, ...idsOf(resident.folders)]);
      await inventory.moveItems(resident.id, [{ itemId: item.id, folderId }]);
    }
  }

  async #changePeople(day: number): Promise<void> {
    const { accounts, groups, friends, gridUsers } = this.#services;
    const resident = this.#pick(this.#residents);
    await accounts.update(resident.id, { title: `Of day ${day}`, level: this.#number(3) });
    await gridUsers.loggedIn(resident.id);
    if (day % 11 === 3) {
      const { id } = await groups.create({
        ...{ name: `Group ${day}`, founderId: resident.id, charter: '', insigniaId: zeroUuid },
        ...{ membershipFee: 0, openEnrollment: true, showInList: true, allowPublish: false },
        maturePublish: false,
      });
      this.#groups.push({ id, founder: resident.id, members: [] });
    }
    if (this.#groups.length > 0) await this.#changeGroup(day);
    if (day % 7 === 2) await friends.confirm(resident.id, this.#other(resident).id);
    if (day % 17 === 6) await friends.delete(resident.id, this.#other(resident).id);
  }

  #other(resident: Resident): Resident {
    return this.#pick(this.#residents.filter((one) => one !== resident));
  }

  async #changeGroup(day: number): Promise<void> {
    const { groups } = this.#services;
    const group = this.#pick(this.#groups);
    const founder = parseUserText(group.founder);
    const member = this.#pick(this.#residents).id;
    if (member !== group.founder && !group.members.includes(member)) {
      const user = parseUserText(member);
      await groups.join(user, { user, groupId: group.id, roleId: zeroUuid });
      group.members.push(member);
    } else if (member !== group.founder) {
      const user = parseUserText(member);
      await groups.leave(user, user, group.id);
      group.members.splice(group.members.indexOf(member), 1);
    } else {
      const found = await groups.find(group.id);
      if (found !== undefined) await groups.update(founder, group.id, { ...found, charter: `Of day ${day}` });
    }
  }

  async #addRegion(number: number): Promise<void> {
    const x = 1000 + number;
    const { id } = await this.#services.regions.create({
      ...{ id: this.#uuid(), name: `Region ${number}`, locationX: x, locationY: 1000 },
      ...{ sizeX: 256, sizeY: 256, ownerId: this.#pick(this.#residents).id },
    });
    this.#regions.push({ id, x, objects: [], loads: 0 });
    await this.#reload(number);
  }

  /** Some objects are gone, some new, one shows something else; the ground has a new hill. */
  async #reload(number: number): Promise<void> {
    const region = this.#regions[number];
    if (region === undefined) return;
    const { objectsPerRegion } = this.#scale;
    const assets = new Map<Uuid, Uint8Array>();
    const newObject = (id = this.#uuid()): MadeObject => {
      const texture = this.#uuid();
      assets.set(texture, this.#bytes(100 + this.#number(this.#scale.assetBytesMax)));
      return { id, texture, name: `Object ${this.#number(1000)}` };
    };
    const gone = Math.ceil(region.objects.length / 50);
    for (let count = 0; count < gone; count += 1)
      region.objects.splice(this.#number(region.objects.length), 1);
    const [changed] = region.objects.splice(0, 1);
    if (changed !== undefined) region.objects.push(newObject(changed.id));
    while (region.objects.length < objectsPerRegion + region.loads) region.objects.push(newObject());
    region.loads += 1;

    const heights = new Float32Array(256 * 256).map((_, at) => 20 + 4 * Math.sin(at / 700));
    heights.fill(30 + region.loads, (region.loads * 500) % 60_000, ((region.loads * 500) % 60_000) + 300);
    const source = join(this.#folder, 'loaded.oar');
    await writeMadeOar(source, {
      ...{ name: `Region ${number}`, objects: region.objects, assets },
      terrain: new Uint8Array(heights.buffer),
      settings: writeRegionSettings(defaultRegionSettings),
      parcels: [this.#parcel(region)],
    });
    await loadRegionArchive(
      this.#services,
      {
        ...{ source, regionId: region.id, mode: 'replace', existing: 'skip', mergeTerrain: false },
        ...{ displacement: undefined, createMissing: true, resize: true, strict: false },
      },
      {
        ...{ jobId: randomUuid(), temporaryFolder: join(this.#folder, 'loading') },
        ...{ signal: new AbortController().signal, progress: () => undefined },
      },
    );
  }

  #parcel({ id, loads }: RegionOfGrid): { readonly id: Uuid; readonly xml: Uint8Array } {
    const bitmap = new Uint8Array((256 / 4) ** 2 / 8).fill(255);
    const parcel = { ...defaultParcel, id, name: `Land of load ${loads}`, area: 256 * 256, bitmap };
    return { id, xml: writeParcel(parcel) };
  }

  /** Straight into the table: what composes tiles is not what is looked at. */
  async #putMapTile(day: number): Promise<void> {
    const { database } = this.#services;
    const bytes = this.#bytes(1500);
    const { id } = await this.#packs.put(bytes, { compress: 'never' });
    const { x } = this.#pick(this.#regions);
    await sql`insert into map_tile (zoom, x, y, blob, size, updated_at)
      values (1, ${x}, 1000, ${storedBlobId(id)}, ${bytes.length}, ${day})
      on conflict (zoom, x, y) do update set blob = excluded.blob, updated_at = excluded.updated_at`.execute(
      database.tables<unknown>(),
    );
  }

  /** The id of an asset is offered with other bytes, and another asset is deleted while an item still shows it. */
  async #loseAsset(at: number): Promise<void> {
    const { assets } = this.#services;
    const residents = this.#residents.filter(({ items }) => items.length > 1);
    if (residents.length === 0) return;
    const [offered, lost] = this.#pick(residents).items;
    if (offered === undefined || lost === undefined) return;
    await assets.create(
      {
        ...{ id: offered.assetId, type: offered.assetType, data: this.#bytes(300), name: 'Other' },
        ...{ description: '', creator: '', flags: 0, temporary: false, local: false, createdAt: at },
      },
      'a stranger',
    );
    await assets.delete(lost.assetId);
  }
}

function idsOf(list: readonly { readonly id: Uuid }[]): Uuid[] {
  return list.map(({ id }) => id);
}
