/** Map tiles on the wire: simulators put them, viewers get them (OpenSim/Server/Handlers/Map). */
import { readForm, FormError } from '@gridkeep/wire/robust/form';
import { writeReply } from '@gridkeep/wire/robust/reply';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { FormFieldError, FormFields } from '../form-fields.ts';
import { emptyReply, pathParts } from '../robust-http.ts';
import type { RobustHandler, RobustReply, RobustRequest, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { cellMax, tileAt, tileBytesMax, zoomMax, zoomMin } from './map-tile.ts';
import type { MapTile, TilePlace } from './map-tile.ts';
import { TileRefusedError } from './map-tiles.ts';
import type { MapTiles } from './map-tiles.ts';

/** The tile in base64, percent-encoded. */
const bodyBytesMax = tileBytesMax * 3;
/** Viewers keep a tile this long without asking, in seconds; regions change theirs rarely. */
const keptSeconds = 300;
const formType = 'text/html;charset=UTF-8';

/** For simulators. */
export function mapTileUploads(tiles: MapTiles, log: ServiceLog): RobustRoutes {
  const change =
    (mayPut: boolean): RobustHandler =>
    async (request) => {
      if (request.method !== 'POST' || pathParts(request.path).length !== 1) return emptyReply(404);
      try {
        await changeTile(tiles, request, mayPut);
        return formReply({ Result: 'Success' });
      } catch (error) {
        const reason = knownReason(error);
        if (reason === undefined)
          log.error({ source: request.source, err: error }, 'a map tile was not kept');
        else log.warn({ source: request.source, reason }, 'a map tile was refused');
        return formReply({ Result: 'Failure', Message: reason ?? 'the tile could not be kept' });
      }
    };
  return new Map([
    ['map', change(true)],
    ['removemap', change(false)],
  ]);
}

async function changeTile(tiles: MapTiles, request: RobustRequest, mayPut: boolean): Promise<void> {
  const fields = new FormFields(readForm(request.body, { bytesMax: bodyBytesMax, fieldsMax: 100 }));
  const [x, y] = [fields.whole('X'), fields.whole('Y')];
  const data = fields.optionalText('DATA');
  if (data === undefined || !mayPut) await tiles.remove(x, y, request.source);
  else await tiles.put(x, y, decodedTile(data), request.source);
}

/** Throws FormFieldError. */
function decodedTile(text: string): Uint8Array {
  const encoded = text.trim();
  if (encoded.length < 10) throw new FormFieldError('field DATA is too short');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw new FormFieldError('field DATA is not base64');
  return Buffer.from(encoded, 'base64');
}

function knownReason(error: unknown): string | undefined {
  return error instanceof TileRefusedError || error instanceof FormFieldError || error instanceof FormError
    ? error.message
    : undefined;
}

function formReply(members: Readonly<Record<string, string>>): RobustReply {
  const body = Buffer.from(writeReply(new Map(Object.entries(members)), 'literal'), 'utf8');
  return { status: 200, contentType: formType, body };
}

/** For everybody: `/map-1-1000-1000-objects.jpg`, also as `/map/<scope>/map-1-1000-1000-objects.jpg`. */
export function mapTileRoutes(tiles: MapTiles): RobustRoutes {
  const handler: RobustHandler = (request) => {
    const parts = pathParts(request.path);
    const name = parts.length === 1 ? parts[0] : parts.length === 3 ? parts[2] : undefined;
    const place = placeOf(name ?? '');
    if (place === undefined) return emptyReply(404, 'text/html');
    if (request.method !== 'GET' && request.method !== 'HEAD') return emptyReply(405, 'text/html');
    return andThen(tiles.find(place), (tile) => tileReply(tiles, tile, request));
  };
  return new Map([
    ['map-*', handler],
    ['map', handler],
  ]);
}

function placeOf(name: string): TilePlace | undefined {
  const [, zoom, x, y] = /^map-(\d)-(\d{1,8})-(\d{1,8})-objects\.jpg$/.exec(name) ?? [];
  const numbers = { zoom: Number(zoom), x: Number(x), y: Number(y) };
  const right =
    numbers.zoom >= zoomMin && numbers.zoom <= zoomMax && numbers.x < cellMax && numbers.y < cellMax;
  return right ? tileAt(numbers.zoom, numbers.x, numbers.y) : undefined;
}

function tileReply(tiles: MapTiles, tile: MapTile | null, request: RobustRequest): AtOnce<RobustReply> {
  // What is missing looks like water, also to those who ask whether it changed.
  if (tile === null) return water(tiles, request);
  const headers = {
    ...keptHeaders(`"${tile.blobId.slice(0, 32)}"`),
    'Last-Modified': new Date(tile.updatedAt).toUTCString(),
  };
  if (isKnown(request, headers.ETag, tile.updatedAt)) return notModified(headers);
  return andThen(tiles.content(tile), (body) =>
    body === undefined ? water(tiles, request) : { status: 200, contentType: 'image/jpeg', body, headers },
  );
}

async function water(tiles: MapTiles, request: RobustRequest): Promise<RobustReply> {
  const headers = keptHeaders('"water"');
  if (request.header('if-none-match') === headers.ETag) return notModified(headers);
  return { status: 200, contentType: 'image/jpeg', body: await tiles.water(), headers };
}

function keptHeaders(etag: string) {
  return { 'Cache-Control': `public, max-age=${keptSeconds}`, ETag: etag };
}

/** RFC 9110: the time counts only where no tag was sent. */
function isKnown(request: RobustRequest, etag: string, updatedAt: number): boolean {
  const tags = request.header('if-none-match');
  if (tags !== undefined)
    return tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
  const since = Date.parse(request.header('if-modified-since') ?? '');
  return Math.floor(updatedAt / 1000) * 1000 <= since;
}

function notModified(headers: Readonly<Record<string, string>>): RobustReply {
  return { ...emptyReply(304, 'image/jpeg'), headers };
}
