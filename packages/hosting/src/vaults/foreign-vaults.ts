/** Vaults that belong to no grid of this installation: opened by place and password, for a restore on a fresh machine. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openRepository } from '@gridkeep/vault/repository/repository';
import { NoRepositoryError, WrongPasswordError } from '@gridkeep/vault/repository/repository-errors';
import type { Repository } from '@gridkeep/vault/repository/repository';
import type { MasterKey } from '@gridkeep/vault/sealing/master-key';
import { VaultError } from './vault-error.ts';
import { openPlaces, parsePlace } from './vault-place.ts';
import type { VaultPlace } from './vault-place.ts';

export interface ForeignVault {
  /** Names it in jobs, whose inputs are stored; good until this process ends. */
  readonly token: string;
  /** As they were given, for making it a grid's own vault. */
  readonly place: string;
  readonly coldPlace: string | undefined;
  readonly password: string;
}

interface Known extends ForeignVault {
  readonly parsed: VaultPlace;
  readonly parsedCold: VaultPlace | undefined;
  readonly key: MasterKey;
}

export class ForeignVaults {
  readonly #cacheFolder: string;
  readonly #known = new Map<string, Known>();

  constructor(cacheFolder: string) {
    this.#cacheFolder = cacheFolder;
  }

  /** Throws a VaultError `bad-place` or `wrong-password`, or what the place throws. */
  async add(place: string, coldPlace: string | undefined, password: string): Promise<ForeignVault> {
    const parsed = parsePlace(place);
    const parsedCold = coldPlace === undefined ? undefined : parsePlace(coldPlace);
    const opened = await this.#open(parsed, parsedCold, { password });
    const token = randomUUID();
    const known = { token, place, coldPlace, password, parsed, parsedCold, key: opened.repository.masterKey };
    await opened.close();
    this.#known.set(token, known);
    return known;
  }

  /** Undefined when it was added before this process began. */
  find(token: string): ForeignVault | undefined {
    return this.#known.get(token);
  }

  /** Whoever opened it closes it. Throws a VaultError `vault-locked` for a token from before this process began. */
  async open(token: string): Promise<{ readonly repository: Repository; close(): Promise<void> }> {
    const known = this.#known.get(token);
    if (known === undefined)
      throw new VaultError(
        'vault-locked',
        'the password of the vault is gone with the program: give the command again',
      );
    return this.#open(known.parsed, known.parsedCold, { masterKey: known.key });
  }

  forget(token: string): void {
    this.#known.delete(token);
  }

  async #open(
    place: VaultPlace,
    cold: VaultPlace | undefined,
    access: Parameters<typeof openRepository>[1],
  ): Promise<{ readonly repository: Repository; close(): Promise<void> }> {
    const target = await openPlaces(place, cold, {
      stagingFolder: join(this.#cacheFolder, 'fetched', 'foreign'),
      mustExist: true,
    });
    try {
      const repository = await openRepository(target, access, { cacheFolder: this.#cacheFolder });
      return {
        repository,
        close: async () => {
          await repository.close();
          await target.close();
        },
      };
    } catch (error) {
      await target.close();
      if (error instanceof WrongPasswordError)
        throw new VaultError('wrong-password', `the password does not open ${target.description}`);
      if (error instanceof NoRepositoryError)
        throw new VaultError('bad-place', `there is no vault at ${target.description}`);
      throw error;
    }
  }
}
