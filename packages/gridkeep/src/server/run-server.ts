/** `gridkeep start`: everything opened in order, served until a signal, and closed in the opposite order. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '../configuration/configuration.ts';
import { showConfiguration } from '../configuration/show-configuration.ts';
import { makePrivateFolder } from '../data-folder/data-folder.ts';
import { DataFolderInUseError, lockDataFolder } from '../data-folder/data-lock.ts';
import type { DataLock } from '../data-folder/data-lock.ts';
import { gridkeepVersion } from '../gridkeep-version.ts';
import { createLogger } from '../logging/logger.ts';
import type { Logger } from '../logging/logger.ts';
import { startServer } from './server.ts';
import { summaryData, summaryText } from './summary.ts';

/** What the work of one command may take before a start gives up, in milliseconds. */
const commandWaitMsMax = 10_000;
const commandWaitStepMs = 100;

/** Resolves when the server was told to stop and has stopped. Rejects when it cannot start. */
export async function runServer(configuration: Configuration, json: boolean): Promise<void> {
  const stop = listenForSignals();
  const log = await createLogger(configuration.logLevel);
  failLoudly(log);
  makePrivateFolder(configuration.data);
  const lock = await takeLock(configuration.data);
  try {
    log.debug({ configuration: showConfiguration(configuration) }, 'configuration');
    const server = await startServer(configuration, log);
    const { facts } = server;
    process.stdout.write(`${json ? JSON.stringify(summaryData(facts)) : summaryText(facts)}\n`);
    log.info({ ...facts, version: gridkeepVersion }, 'ready');
    const signal = await stop;
    log.info({ signal }, 'stopping: open requests end, jobs are handed back');
    await server.stop();
    log.info('stopped');
  } finally {
    lock.release();
  }
}

/** A command that works in the folder right now is waited for; another server is not. */
async function takeLock(folder: string): Promise<DataLock> {
  const waitUntil = performance.now() + commandWaitMsMax;
  for (;;)
    try {
      return lockDataFolder(folder, 'start');
    } catch (error) {
      const held = error instanceof DataFolderInUseError && error.holder?.work !== 'start';
      if (!held || performance.now() > waitUntil) throw error;
      await sleep(commandWaitStepMs);
    }
}

/** One Ctrl-C reaches us twice when npm, which passes it on, runs in the same terminal; in milliseconds. */
const sameSignalMs = 1_000;

/** The first SIGTERM or SIGINT asks for a graceful stop; a later one ends the process where it stands. */
function listenForSignals(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const listener = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (askedAt !== undefined && now - askedAt > sameSignalMs) process.exit(1);
      askedAt ??= now;
      resolve(signal);
    };
    process.on('SIGTERM', listener);
    process.on('SIGINT', listener);
  });
}

/** A fault that nobody caught may have left anything half done in memory; what is on disk is sound at every moment. */
function failLoudly(log: Logger): void {
  const fail = (error: unknown): void => {
    log.fatal({ err: error, version: gridkeepVersion }, 'a fault that nobody caught: the program ends');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}
