/** The worker thread behind `createThumbnailer`: one request at a time, one reply each. */
import { encode } from 'fast-png';
import { parentPort } from 'node:worker_threads';
import { decodeTexture } from './decode-texture.ts';
import { shrink } from './shrink.ts';
import type { ThumbnailReply, ThumbnailRequest } from './thumbnail-protocol.ts';

async function answer(request: ThumbnailRequest): Promise<ThumbnailReply> {
  try {
    const picture = await decodeTexture(request.bytes, request.sideMax);
    const side = Math.max(picture.width, picture.height);
    const { width, height, channels, samples } = shrink(picture, Math.ceil(side / request.sideMax));
    return {
      thumbnail: { width, height, png: encode({ width, height, channels, depth: 8, data: samples }) },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The decoder says more, line after line, the further it got.
    return { problem: message.split('\n', 1).join('') };
  }
}

parentPort?.on('message', (request: ThumbnailRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
