/** The costly part of passwords: argon2id over the MD5 that viewers send, in a bounded number of threads. */
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { WorkGate } from '../work-gate.ts';

/** One of the settings of argon2id that OWASP names as equally good: 12 MiB, three passes, one lane. */
const cost = { memoryCost: 12_288, timeCost: 3, parallelism: 1 } as const;

/** Node's own threads, of which there are four, serve files and name look-ups as well. */
const atOnceMax = 3;
/** About half a second's work. */
const waitingMax = 256;

/** For all grids of the process, which share its threads. */
const processGate = new WorkGate({
  atOnce: Math.max(1, Math.min(atOnceMax, availableParallelism())),
  waitingMax,
});

/** Some 6 ms of a processor. Rejects with BusyError when too many wait. */
export function hashDigest(digest: string, gate: WorkGate = processGate): Promise<string> {
  return gate.run(() => hash(digest, cost));
}

/** As costly as `stored` says, so older hashes stay good. Compares in constant time. Rejects with BusyError. */
export function verifyDigest(stored: string, digest: string, gate: WorkGate = processGate): Promise<boolean> {
  return gate.run(() => verify(stored, digest));
}
