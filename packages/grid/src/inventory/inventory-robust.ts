/**
 * The wire form of inventories: `POST /xinventory`. Errors in questions are RESULT False, what is not there is an empty
 * response. Source: OpenSim/Server/Handlers/Inventory/XInventoryInConnector.cs.
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler, indented } from '../robust-form.ts';
import type { FormAnswer, FormMethod, WrittenAnswer } from '../robust-form.ts';
import type { RobustHandler, RobustRequest, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { FolderReplies } from './folder-replies.ts';
import { commaIds, listedIds, principalOf, readFolder, readItem, readMoves } from './inventory-form.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';
import type { InventoryView } from './inventory-view.ts';
import { folderXml, foldersXml, itemXml, itemsXml, responseDocument, wireVersion } from './inventory-xml.ts';
import type { Inventory } from './inventory.ts';
import { WholeInventory } from './whole-inventory.ts';

/** Bytes of a form: lists of ids are the longest. */
const formBytesMax = 2 * 1024 * 1024;
/** Simulators cannot read more (OpenSim/Server/Base/ServerUtils.cs, ParseXmlResponse). */
const replyBytesMax = 50_000_000;
/** Folders that are looked up together. */
const foldersAtOnce = 100;

const success = indented({ RESULT: 'True' });
const failure = indented({ RESULT: 'False' });

type Work = (view: InventoryView, fields: FormFields) => Promise<FormAnswer | WrittenAnswer>;

/** The whole inventories, for simulators of the grid. */
export function inventoryRobust(inventory: Inventory, replies: FolderReplies, log: ServiceLog): RobustRoutes {
  const view = new WholeInventory(inventory, replies);
  return new Map([['xinventory', inventoryHandler('xinventory', () => view, log)]]);
}

/** `viewOf` says how much of the inventories the asker may see. */
export function inventoryHandler(
  name: string,
  viewOf: (request: RobustRequest) => InventoryView,
  log: ServiceLog,
): RobustHandler {
  const methods: Record<string, FormMethod> = {};
  for (const [method, work] of Object.entries(works))
    methods[method] = (fields, request) => work(viewOf(request), fields);
  return formHandler({ name, methods, failure, log, limits: { bytesMax: formBytesMax } });
}

const works: Readonly<Record<string, Work>> = {
  CREATEUSERINVENTORY: async (view, fields) =>
    compact([['RESULT', await view.createForResident(principalOf(fields))]]),
  GETINVENTORYSKELETON: async (view, fields) =>
    written([foldersXml(await view.skeleton(principalOf(fields)))]),
  GETROOTFOLDER: async (view, fields) => oneFolder(await view.rootFolder(principalOf(fields))),
  GETFOLDERFORTYPE: async (view, fields) => {
    const principal = principalOf(fields);
    return oneFolder(await view.folderForType(principal, fields.whole('TYPE')));
  },
  GETFOLDERCONTENT: async (view, fields) => {
    const id = fields.uuidOr('FOLDER', zeroUuid);
    const reply = (await view.replies([id])).get(id);
    return reply ?? written([`<FID>${zeroUuid}</FID><VERSION>0</VERSION>`, ...nothingInside]);
  },
  GETMULTIPLEFOLDERSCONTENT: multipleFolders,
  GETFOLDERITEMS: async (view, fields) => {
    const id = fields.uuidOr('FOLDER', zeroUuid);
    return written([(await view.replies([id])).get(id)?.itemsXml ?? itemsXml([])]);
  },
  ADDFOLDER: async (view, fields) => done(await view.addFolder(readFolder(fields))),
  UPDATEFOLDER: async (view, fields) => done(await view.updateFolder(readFolder(fields))),
  MOVEFOLDER: async (view, fields) =>
    done(await view.moveFolder(principalOf(fields), fields.uuid('ID'), fields.uuid('ParentID'))),
  DELETEFOLDERS: async (view, fields) =>
    done(await view.deleteFolders(principalOf(fields), listedIds(fields, 'FOLDERS'))),
  PURGEFOLDER: async (view, fields) => done(await view.purgeFolder(fields.uuid('ID'))),
  ADDITEM: async (view, fields) => done(await view.addItem(readItem(fields))),
  UPDATEITEM: async (view, fields) => done(await view.updateItem(readItem(fields))),
  MOVEITEMS: async (view, fields) => done(await view.moveItems(principalOf(fields), readMoves(fields))),
  DELETEITEMS: async (view, fields) =>
    done(await view.deleteItems(principalOf(fields), listedIds(fields, 'ITEMS'))),
  GETITEM: async (view, fields) => oneItem(await view.item(askedId(fields))),
  GETMULTIPLEITEMS: multipleItems,
  GETFOLDER: async (view, fields) => oneFolder(await view.folder(askedId(fields))),
  GETACTIVEGESTURES: async (view, fields) =>
    written([itemsXml(await view.activeGestures(principalOf(fields)))]),
  GETASSETPERMISSIONS: async (view, fields) => {
    const permissions = await view.assetPermissions(principalOf(fields), fields.uuidOr('ASSET', zeroUuid));
    return compact([['RESULT', permissions | 0]]);
  },
};

function done(worked: boolean): FormAnswer {
  return worked ? success : failure;
}

function written(parts: readonly (string | Uint8Array)[]): WrittenAnswer {
  return { document: responseDocument(parts) };
}

function askedId(fields: FormFields): Uuid {
  fields.text('ID');
  return fields.uuidOr('ID', zeroUuid);
}

function oneFolder(folder: InventoryFolder | undefined): WrittenAnswer {
  return written(folder === undefined ? [] : [folderXml('folder', folder)]);
}

function oneItem(item: InventoryItem | undefined): WrittenAnswer {
  return written(item === undefined ? [] : [itemXml('item', item)]);
}

const nothingInside = [foldersXml([]), itemsXml([])];

/** Every folder that was asked for has its element, also one that does not exist; simulators look for it by its id. */
async function multipleFolders(view: InventoryView, fields: FormFields): Promise<WrittenAnswer> {
  const principal = principalOf(fields);
  const ids = [...new Set(commaIds(fields, 'FOLDERS').filter((id) => id !== undefined))];
  const parts: (string | Uint8Array)[] = [];
  let bytes = 0;
  for (let from = 0; from < ids.length; from += foldersAtOnce) {
    const chunk = ids.slice(from, from + foldersAtOnce);
    const replies = await view.replies(chunk);
    for (const id of chunk) {
      const reply = replies.get(id);
      const owner = reply?.folder.ownerId ?? principal;
      const version = wireVersion(reply?.folder.version ?? 0);
      parts.push(
        `<F_${id} type="List"><FID>${reply?.folder.id ?? zeroUuid}</FID>` +
          `<VERSION>${version}</VERSION><OWNER>${owner}</OWNER>`,
        ...(reply === undefined ? nothingInside : [reply.foldersXml, reply.itemsXml]),
        `</F_${id}>`,
      );
      bytes += 250 + (reply === undefined ? 0 : reply.foldersXml.length + reply.itemsXml.length);
      if (bytes > replyBytesMax)
        throw new FormFieldError('field FOLDERS asks for more than fits into one reply');
    }
  }
  return written(parts);
}

/** One element for each id, in the order of the question; `NULL` where there is no such item. */
async function multipleItems(view: InventoryView, fields: FormFields): Promise<WrittenAnswer> {
  const ids = commaIds(fields, 'ITEMS');
  const items = await view.items(ids.filter((id) => id !== undefined));
  let text = '';
  for (const [index, id] of ids.entries()) {
    const item = id === undefined ? undefined : items.get(id);
    text += item === undefined ? `<item_${index}>NULL</item_${index}>` : itemXml(`item_${index}`, item);
  }
  return written(text === '' ? [] : [text]);
}
