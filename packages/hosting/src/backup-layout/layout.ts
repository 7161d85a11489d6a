/**
 * What stands where in a snapshot of a grid, so that a person with nothing but restic finds their way (docs/formats.md).
 *
 *     grid.json                                   GridDocument
 *     missing/                                    collection of MissingContent: what records need and the grid does not have
 *     assets/2026/11/22/                          collection of AssetEntry by day (UTC) of creation
 *     inventories/[ab/]<First Last>__<id>/        one per resident; the folder tree as folders:
 *       resident.json                               id and name
 *       <Folder>__<id>/
 *         folder.json                               the row of inventory_folder
 *         items/                                    collection of the rows of inventory_item; absent when empty
 *         <Subfolder>__<id>/ …                      beyond `entriesMax` of them in [ab/] by id
 *     regions/[ab/]<Name>__<id>/
 *       region.json                               the row of region
 *       terrain.r32, settings.xml                 as far as there are
 *       objects/, parcels/                        collections: the rows, and each document as .xml
 *       accompanying.jsonl                        ids of assets that belong to the region
 *     map-tiles/                                  collection of map tile rows with their images
 *     records/<table>.jsonl                       every other table, rows in the order of the primary key
 *
 * A collection is a folder with `records.jsonl` (one line per entry, in the order of their ids, each with `id`) and the
 * entries' files beside it, named `<id>.<ext>` or `<Name>__<id>.<ext>`. With more than `entriesMax` entries it holds
 * folders by the first two hexadecimal digits of the id instead, each a collection again (two more digits deeper).
 * Bytes over `blobBytesMax` are cut into several blobs. A table's row stands as an object of its columns in the order of the
 * table: uuids as text, bytes as base64, numbers as numbers, null as null.
 */

/** Entries of one folder before it is split by id. */
export const entriesMax = 5000;
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
  'records',
] as const;
export type Branch = (typeof branches)[number];

export const layoutFormat = 1;
