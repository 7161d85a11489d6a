/**
 * The asset service as simulators know it: `/assets…` and `/get_assets_exist`. Bodies are the documents of .NET's
 * XmlSerializer; 404 is the only quiet miss, any other status lands in the simulator's error log.
 */
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import {
  readAssetDocument,
  writeAssetDocument,
  writeAssetMetadataDocument,
} from '@gridkeep/wire/robust/asset-documents';
import { assetFlags } from '@gridkeep/wire/robust/asset-flags';
import {
  SerializedError,
  readStringsDocument,
  writeBooleanDocument,
  writeBooleansDocument,
  writeStringDocument,
} from '@gridkeep/wire/robust/serialized';
import { randomUuid, tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';
import { emptyReply, pathParts } from '../robust-http.ts';
import type { RobustHandler, RobustReply, RobustRequest } from '../robust-http.ts';
import { QuotaExceededError } from '../usage/content-usage.ts';
import type { AssetRecord } from './asset-record.ts';
import { AssetRefusedError } from './assets.ts';
import type { Assets } from './assets.ts';

/** Bodies of POST that a server should let through: the largest asset in base64, and its other elements. */
export const assetBodyBytesMax = 24 * 1024 * 1024;
/** Of replies kept in memory. */
const hotReplyBytesDefault = 64 * 1024 * 1024;
/** A larger reply is made anew each time, so that a few large assets do not push out all the small ones. */
const hotReplyBytesMax = 1024 * 1024;

/** Assets that simulators may delete. Stock grids allow none. */
export type DeletableAssets = 'none' | 'maptiles' | 'all';

/** What the wire form needs of a service; other grids see assets in another way than simulators. */
export type ServedAssets = Pick<Assets, 'find' | 'read' | 'existing' | 'create' | 'delete'> &
  Partial<Pick<Assets, 'onDeleted'>>;

export interface AssetsRobustOptions {
  readonly assets: ServedAssets;
  readonly deletable?: DeletableAssets;
  /** 0 where replies may change. */
  readonly hotReplyBytes?: number;
  /** Told of assets that were not stored, and why; for logs. */
  readonly onRefused?: (error: Error, source: string) => void;
}

const assetParts = ['document', 'data', 'metadata'] as const;
type AssetPart = (typeof assetParts)[number];

export class AssetsRobust {
  readonly #assets: ServedAssets;
  readonly #deletable: DeletableAssets;
  readonly #onRefused: ((error: Error, source: string) => void) | undefined;
  /** By path: assets never change, so neither do the replies that show them. */
  readonly #hot: LRUCache<string, RobustReply> | undefined;
  #deletions = 0;

  constructor(options: AssetsRobustOptions) {
    this.#assets = options.assets;
    this.#deletable = options.deletable ?? 'none';
    this.#onRefused = options.onRefused;
    const { hotReplyBytes: maxSize = hotReplyBytesDefault } = options;
    if (maxSize > 0)
      this.#hot = new LRUCache({
        maxSize,
        maxEntrySize: hotReplyBytesMax,
        sizeCalculation: (reply, path) => reply.body.byteLength + path.length + 200,
      });
    options.assets.onDeleted?.((id) => {
      this.#deletions += 1;
      if (id === undefined) this.#hot?.clear();
      else for (const part of assetParts) this.#hot?.delete(pathOf(id, part));
    });
  }

  readonly handle: RobustHandler = (request) => {
    const hot = request.method === 'GET' ? this.#hot?.get(request.path) : undefined;
    return hot ?? this.#dispatch(request);
  };

  async #dispatch(request: RobustRequest): Promise<RobustReply> {
    const [service, id, part, ...more] = pathParts(request.path);
    if (service === 'get_assets_exist' && id === undefined)
      return request.method === 'POST' ? this.#exist(request) : emptyReply(404);
    if (service !== 'assets') return emptyReply(404);
    switch (request.method) {
      case 'GET':
        if (id === undefined) return emptyReply(200, 'application/xml');
        if (more.length > 0) return emptyReply(400);
        return this.#get(request.path, id, part);
      case 'POST':
        return id === undefined ? this.#create(request) : this.#update(request);
      case 'DELETE':
        return this.#delete(id);
      default:
        return emptyReply(404);
    }
  }

  async #get(path: string, idText: string, partText: string | undefined): Promise<RobustReply> {
    const part = partOf(partText);
    if (part === undefined) return emptyReply(400);
    const id = tryParseUuid(idText);
    const deletions = this.#deletions;
    const record = id === undefined ? undefined : await this.#assets.find(id);
    const reply = record === undefined ? undefined : await this.#show(record, part);
    if (record === undefined || reply === undefined) return emptyReply(404);
    // Only under the usual spelling, of which there is one for each reply; and not when it may be gone by now.
    if (path === pathOf(record.id, part) && deletions === this.#deletions) this.#hot?.set(path, reply);
    return reply;
  }

  async #show(record: AssetRecord, part: AssetPart): Promise<RobustReply | undefined> {
    if (part === 'metadata') return metadataReply(record);
    const data = await this.#assets.read(record.id);
    if (data === undefined) return undefined;
    if (part === 'data') return { status: 200, contentType: 'application/octet-stream', body: data };
    return {
      status: 200,
      contentType: 'text/xml',
      body: writeAssetDocument({ ...descriptionOf(record), data }),
    };
  }

  async #create({ body, source }: RobustRequest): Promise<RobustReply> {
    try {
      const document = readAssetDocument(body, assetBodyBytesMax);
      const { fullId, type, name, description, creatorId, flags, temporary, local } = document;
      const { record } = await this.#assets.create(
        {
          id: fullId === zeroUuid ? randomUuid() : fullId,
          data: document.data ?? new Uint8Array(0),
          creator: creatorId ?? '',
          createdAt: Date.now(),
          ...{ type, name, description, flags, temporary, local },
        },
        source,
      );
      return xmlReply(writeStringDocument(record.id));
    } catch (error) {
      if (error instanceof SerializedError) return emptyReply(400);
      if (!(error instanceof QuotaExceededError || error instanceof AssetRefusedError)) throw error;
      this.#onRefused?.(error, source);
      // The zero id is how simulators are told that nothing was stored.
      return xmlReply(writeStringDocument(zeroUuid));
    }
  }

  /** Content never changes, so an update is always refused. */
  #update({ body }: RobustRequest): RobustReply {
    try {
      readAssetDocument(body, assetBodyBytesMax);
      return xmlReply(writeBooleanDocument(false));
    } catch (error) {
      if (error instanceof SerializedError) return emptyReply(400);
      throw error;
    }
  }

  async #delete(idText: string | undefined): Promise<RobustReply> {
    const id = idText === undefined ? undefined : tryParseUuid(idText);
    const record = id === undefined || this.#deletable === 'none' ? undefined : await this.#assets.find(id);
    const allowed =
      record !== undefined && (this.#deletable === 'all' || (record.flags & assetFlags.maptile) !== 0);
    const deleted = allowed && (await this.#assets.delete(record.id));
    return xmlReply(writeBooleanDocument(deleted));
  }

  async #exist({ body }: RobustRequest): Promise<RobustReply> {
    let asked: string[];
    try {
      asked = readStringsDocument(body);
    } catch (error) {
      if (error instanceof SerializedError) return emptyReply(400);
      throw error;
    }
    const ids = asked.map((text) => tryParseUuid(text.trim()));
    const existing = await this.#assets.existing(ids.filter((id) => id !== undefined));
    return xmlReply(writeBooleansDocument(ids.map((id) => id !== undefined && existing.has(id))));
  }
}

function partOf(text: string | undefined): AssetPart | undefined {
  if (text === undefined) return 'document';
  return text === 'data' || text === 'metadata' ? text : undefined;
}

function pathOf(id: Uuid, part: AssetPart): string {
  return part === 'document' ? `/assets/${id}` : `/assets/${id}/${part}`;
}

function xmlReply(body: Uint8Array): RobustReply {
  return { status: 200, contentType: 'application/xml', body };
}

function contentTypeOf(type: number): string {
  const known = parseAssetType(type);
  return known === undefined ? 'application/octet-stream' : assetKind(known).contentType;
}

function descriptionOf(record: AssetRecord) {
  const { id, name, description, type, local, temporary, creator, flags } = record;
  return { fullId: id, id, name, description, type, local, temporary, creatorId: creator, flags };
}

/** Its content type is that of the asset, although the body is XML. */
function metadataReply(record: AssetRecord): RobustReply {
  const contentType = contentTypeOf(record.type);
  const body = writeAssetMetadataDocument({
    ...descriptionOf(record),
    creationDate: record.createdAt === 0 ? undefined : Math.floor(record.createdAt / 1000),
    contentType,
    sha1: undefined,
  });
  return { status: 200, contentType, body };
}
