/** The thread behind `EncoderThread`. */
import { parentPort } from 'node:worker_threads';
import type { EncoderReply, EncoderRequest } from './encoder-protocol.ts';
import { GroupEncoder } from './group-encoder.ts';

let encoder: GroupEncoder | undefined;

function answer(request: EncoderRequest): EncoderReply {
  if (request.do === 'begin') {
    encoder = new GroupEncoder(request.plan);
    return { is: 'done' };
  }
  if (request.do === 'end') {
    encoder = undefined;
    return { is: 'done' };
  }
  if (encoder === undefined) return { is: 'failed', message: 'no group was begun' };
  if (request.do === 'add') {
    return { is: 'hash', sha256: encoder.add(request.file, request.offset, request.bytes) };
  }
  return { is: 'file', bytes: encoder.parityFile(request.column) };
}

parentPort?.on('message', (request: EncoderRequest) => {
  let reply: EncoderReply;
  try {
    reply = answer(request);
  } catch (error) {
    reply = { is: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  const move = reply.is === 'file' && reply.bytes.buffer instanceof ArrayBuffer ? [reply.bytes.buffer] : [];
  parentPort?.postMessage(reply, move);
});
