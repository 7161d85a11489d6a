/**
 * What stands where in a snapshot of a grid, so that a person with nothing but restic finds their way (docs/formats.md).
 *
 *     grid.json                                   GridDocument: the grid as its host knows it, and its simulators
 *     missing/records.jsonl                       MissingContent: what records need and the grid does not have
 *     assets/2026/11/22/                          collection of the rows of asset by day (UTC) of creation, files `<id>.<ext>`
 *     inventories/[ab/]<First Last>__<id>/        one per owner of folders or items; the folder tree as folders:
 *       resident.json                               {"id", "firstName", "lastName"}, names "" where there is no account
 *       items/                                      collection of the rows of inventory_item whose folder is none of this
 *                                                   owner's; absent when empty
 *       <Folder>__<id>/                           beyond `entriesMax` of them in [ab/] by id
 *         folder.json                               the row of inventory_folder
 *         items/                                    collection of the rows of inventory_item; absent when empty
 *         <Subfolder>__<id>/ …                      beyond `entriesMax` of them in [ab/] by id
 *     regions/[ab/]<Name>__<id>/
 *       region.json                               {"region": row, "settings": row | null, "terrain": row | null}
 *       terrain.r32, settings.xml                 as far as there are; the row of settings has no `document`
 *       objects/                                  collection: rows of region_object, documents as `<Name>__<id>.xml`
 *       parcels/                                  collection: rows of region_parcel without `document`, which is `….xml`
 *       accompanying.jsonl                        {"id"} of assets that belong to the region; absent when there are none
 *     map-tiles/                                  collection: rows of map_tile, images as `<zoom>-<x>-<y>__<id>.jpg`; `id`
 *                                                 stands in front of the row and is made of the place (`mapTileId`)
 *     conflicts/                                  collection of content that was offered under the id of an asset that has other
 *                                                 content, files `<id>.bin`: {"id", "blob", "size"}, `id` made of the
 *                                                 content (`conflictId`); for which asset stands in asset_conflict.jsonl
 *     records/<table>.jsonl                       every other table, rows in the order of the primary key; empty ones too
 *
 * Which table goes where, and which is left out: @gridkeep/grid/record-changes/record-tables. Folders whose parent is none of
 * the owner's, in a circle, or deeper than `folderDepthMax` stand directly in the resident's folder: the row tells the parent.
 *
 * A collection is a folder with `records.jsonl` (one line per entry, in the order of their ids, each with `id`) and the
 * entries' files beside it, named `<id>.<ext>` or `<Name>__<id>.<ext>`. With more than `entriesMax` entries it holds
 * folders by the first two hexadecimal digits of the id instead, each a collection again (two more digits deeper).
 * Bytes over `blobBytesMax` are cut into several blobs. A table's row stands as an object of its columns in the order of the
 * table: uuids as text, bytes as base64, numbers as numbers, null as null. An entry whose content is missing has its record
 * and no file. Times of files are those of what they hold, else `createdAt` of the grid: a snapshot of the same state is the
 * same tree.
 */

/** Entries of one folder before it is split by id: few enough that a change in a large collection rewrites little. */
export const entriesMax = 1000;
/** Folders of an inventory stand at most so deep, so that their paths stay below what file systems take. */
export const folderDepthMax = 24;
/** Content is one blob up to this size, then cut in pieces of it. */
export const blobBytesMax = 8 * 1024 * 1024;

export const gridFile = 'grid.json';
export const recordsFile = 'records.jsonl';
export const residentFile = 'resident.json';
export const folderFile = 'folder.json';
export const regionFile = 'region.json';
export const terrainFile = 'terrain.r32';
export const settingsFile = 'settings.xml';
export const accompanyingFile = 'accompanying.jsonl';
export const itemsFolder = 'items';
export const objectsFolder = 'objects';
export const parcelsFolder = 'parcels';

/** Folders of the root. */
export const branches = [
  'missing',
  'assets',
  'inventories',
  'regions',
  'map-tiles',
  'conflicts',
  'records',
] as const;
export type Branch = (typeof branches)[number];

export const layoutFormat = 1;
