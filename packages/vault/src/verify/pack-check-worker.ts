/** The thread behind `PackChecker`. */
import { parentPort } from 'node:worker_threads';
import type { Sealer } from '../sealing/sealer.ts';
import { createSealer } from '../sealing/sealer.ts';
import { checkPack } from './pack-check.ts';
import type { PackCheckReply, PackCheckRequest } from './pack-check-protocol.ts';

let sealer: Promise<Sealer> | undefined;

async function answer({ key, name, bytes, expected }: PackCheckRequest): Promise<PackCheckReply> {
  try {
    sealer ??= createSealer(key);
    return { check: checkPack(await sealer, name, bytes, expected) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (request: PackCheckRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
