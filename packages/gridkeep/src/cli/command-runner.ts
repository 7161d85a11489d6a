/** Where a command runs: in the server that owns the data folder, or, when none runs, in this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../commands/command.ts';
import type { InstallationCommand, Outcome, Report } from '../commands/command.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { NoServerError, runOverSocket } from '../control/control-client.ts';
import { findControlSocket } from '../data-folder/control-socket.ts';
import { dataFolderExists, makePrivateFolder } from '../data-folder/data-folder.ts';
import { DataFolderInUseError, lockDataFolder } from '../data-folder/data-lock.ts';
import type { DataLock } from '../data-folder/data-lock.ts';
import type { Installation } from '../installation/installation.ts';

/** How long to wait while another command has the folder, or a server has it and does not listen yet; in milliseconds. */
const waitMsMax = 10_000;
const waitStepMs = 100;

interface OwnInstallation {
  readonly lock: DataLock;
  readonly installation: Installation;
}

export class CommandRunner {
  readonly #configuration: Configuration;
  #own: OwnInstallation | undefined;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  async run(command: InstallationCommand, input: unknown, report: Report): Promise<Outcome> {
    if (this.#own !== undefined) return command.run(this.#own.installation, input, report);
    const folder = this.#configuration.data;
    const waitUntil = performance.now() + waitMsMax;
    for (;;) {
      const socket = findControlSocket(folder);
      if (socket !== undefined)
        try {
          return await runOverSocket(socket, command.name, input, report);
        } catch (error) {
          if (!(error instanceof NoServerError)) throw error;
        }
      try {
        this.#own = await this.#open(command);
        return await command.run(this.#own.installation, input, report);
      } catch (error) {
        if (!(error instanceof DataFolderInUseError) || performance.now() > waitUntil) throw error;
        await sleep(waitStepMs);
      }
    }
  }

  /** Closes what this process opened itself. */
  async close(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    if (own === undefined) return;
    await own.installation.close();
    own.lock.release();
  }

  async #open(command: InstallationCommand): Promise<OwnInstallation> {
    const folder = this.#configuration.data;
    if (!dataFolderExists(folder)) {
      if (!command.makesFolder)
        throw new CommandError(
          'no-data-folder',
          `there is no data folder ${folder}: "gridkeep start" makes one, --data names another`,
        );
      makePrivateFolder(folder);
    }
    const lock = lockDataFolder(folder, command.name);
    try {
      const { openInstallation } = await import('../installation/open-installation.ts');
      return { lock, installation: await openInstallation(this.#configuration) };
    } catch (error) {
      lock.release();
      throw error;
    }
  }
}
