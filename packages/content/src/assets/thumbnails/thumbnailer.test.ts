import { decode } from 'fast-png';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { hasJp2Boxes, isCodestream, textureInfo } from '../jpeg2000.ts';
import { ThumbnailError, createThumbnailer, startThumbnailWorker } from './thumbnailer.ts';

function stockTextures(): Map<string, Uint8Array> {
  const root = fixture('opensim-library', 'assets');
  const found = new Map<string, Uint8Array>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    if (isCodestream(bytes) || hasJp2Boxes(bytes)) found.set(entry.name, bytes);
  }
  return found;
}

function failsAs(reason: string) {
  return (error: unknown): boolean => error instanceof ThumbnailError && error.reason === reason;
}

// Stated on each test: a skipped suite would not be counted.
const skip = missing('fixtures');

describe('thumbnails of stock textures', () => {
  const thumbnailer = createThumbnailer({ sideMax: 64 });
  after(() => thumbnailer.close());

  test(
    'every stock texture becomes a PNG of at most 64 pixels with the shape of the texture',
    { skip },
    async () => {
      const textures = stockTextures();
      assert.equal(textures.size, 160);
      for (const [name, bytes] of textures) {
        const info = textureInfo(bytes);
        assert.ok(info, name);
        const { width, height, png } = await thumbnailer.make(bytes);
        const picture = decode(png);
        assert.deepEqual([picture.width, picture.height], [width, height], name);
        assert.equal(picture.channels, Math.min(info.components, 4), name);
        assert.ok(Math.max(width, height) <= 64, name);
        assert.ok(Math.max(width, height) > 32 || Math.max(info.width, info.height) <= 32, name);
        assert.ok(Math.abs(info.width / info.height - width / height) < 0.1, `${name}: ${width} x ${height}`);
      }
    },
  );

  test('a damaged picture fails and the next one succeeds', { skip }, async () => {
    const bytes = stockTextures().get('plywood.jp2');
    assert.ok(bytes);
    const noise = Uint8Array.from(bytes);
    noise.fill(0xff, 120, noise.length - 2);
    await assert.rejects(thumbnailer.make(bytes.subarray(0, 60)), ThumbnailError);
    await thumbnailer.make(noise).catch((error: unknown) => assert.ok(error instanceof ThumbnailError));
    assert.ok((await thumbnailer.make(bytes)).png.length > 100);
  });

  test(
    'a picture that claims 60000 x 60000 pixels, or a million tiles, is refused before decoding',
    { skip },
    async () => {
      const bytes = stockTextures().get('plywood.jp2');
      assert.ok(bytes && isCodestream(bytes));
      const huge = Buffer.from(bytes);
      huge.writeUInt32BE(60_000, 8);
      huge.writeUInt32BE(60_000, 12);
      await assert.rejects(thumbnailer.make(huge), failsAs('too large'));
      const tiled = Buffer.from(bytes);
      tiled.writeUInt32BE(1, 24);
      tiled.writeUInt32BE(1, 28);
      await assert.rejects(thumbnailer.make(tiled), failsAs('too large'));
    },
  );

  test('requests beyond the queue are refused, the others are served in order', { skip }, async () => {
    const bytes = stockTextures().get('plywood.jp2');
    assert.ok(bytes);
    const small = createThumbnailer({ waitingMax: 2 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => small.make(bytes)));
    await small.close();
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
    );
  });

  test('a request that takes too long is given up and the next gets a new thread', { skip }, async () => {
    const bytes = stockTextures().get('plywood.jp2');
    assert.ok(bytes);
    const hasty = createThumbnailer({ timeoutMs: 1 });
    await assert.rejects(hasty.make(bytes), failsAs('timeout'));
    await assert.rejects(hasty.make(bytes), failsAs('timeout'));
    await hasty.close();
  });

  test('a decoder that dies fails one request and is replaced', { skip }, async () => {
    const bytes = stockTextures().get('plywood.jp2');
    assert.ok(bytes);
    let started = 0;
    const start = (): Worker => {
      started += 1;
      if (started > 1) return startThumbnailWorker();
      return new Worker(`require('node:worker_threads').parentPort.on('message', () => process.exit(3))`, {
        eval: true,
      });
    };
    const mortal = createThumbnailer({}, start);
    const results = await Promise.allSettled([mortal.make(bytes), mortal.make(bytes)]);
    await mortal.close();
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
    assert.equal(started, 2);
  });

  test('closing rejects what is under way and everything after', { skip }, async () => {
    const bytes = stockTextures().get('plywood.jp2');
    assert.ok(bytes);
    const closing = createThumbnailer();
    const pending = [closing.make(bytes), closing.make(bytes)];
    const rejected = Promise.all(pending.map((result) => assert.rejects(result, failsAs('closed'))));
    await closing.close();
    await rejected;
    await assert.rejects(closing.make(bytes), failsAs('closed'));
  });
});

test('bytes that are no JPEG 2000 never reach the decoder', async () => {
  const thumbnailer = createThumbnailer();
  const page = Buffer.from('<html><body>502 Bad Gateway</body></html>');
  await assert.rejects(thumbnailer.make(page), failsAs('damaged'));
  await assert.rejects(thumbnailer.make(new Uint8Array(0)), failsAs('damaged'));
  await assert.rejects(thumbnailer.make(new Uint8Array(17 * 1024 * 1024)), failsAs('too large'));
  await thumbnailer.close();
});
