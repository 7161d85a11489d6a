/** Where a command's secrets come from: the first line of standard input, the environment, or the person at the terminal. */
import {
  CommandError,
  confirmationNeededCode,
  newVaultPasswordNeededCode,
  usageErrorCode,
  vaultPasswordNeededCode,
} from '../commands/command.ts';
import type { Command } from '../commands/command.ts';
import { askSecret, canAsk, readFirstLine } from './prompt.ts';

interface SecretSource {
  readonly environment: string;
  readonly question: string;
  /** New ones are asked for twice, since nobody sees what is typed. */
  readonly isNew: boolean;
}

const sources: Readonly<Record<string, SecretSource>> = {
  vaultPassword: {
    environment: 'GRIDKEEP_VAULT_PASSWORD',
    question: 'Password of the vault: ',
    isNew: false,
  },
  newVaultPassword: {
    environment: 'GRIDKEEP_NEW_VAULT_PASSWORD',
    question: 'New password of the vault: ',
    isNew: true,
  },
};
const password: SecretSource = { environment: 'GRIDKEEP_PASSWORD', question: 'Password: ', isNew: true };

const propertyOfCode: Readonly<Record<string, string>> = {
  [vaultPasswordNeededCode]: 'vaultPassword',
  [newVaultPasswordNeededCode]: 'newVaultPassword',
};

export class Secrets {
  readonly #command: Command;
  #stdin: boolean;
  readonly #given = new Set<string>();

  constructor(command: Command, fromStdin: boolean) {
    this.#command = command;
    this.#stdin = fromStdin;
  }

  /** Those that the command always needs. */
  async always(): Promise<Record<string, string>> {
    const secrets: Record<string, string> = {};
    for (const name of this.#command.secrets) secrets[name] = await this.#read(name);
    return secrets;
  }

  /** What the error asks for; nothing when it asks for a confirmation. Throws every other error, and one that asks again. */
  async demanded(error: unknown): Promise<Record<string, string>> {
    if (!(error instanceof CommandError)) throw error;
    if (error.code === confirmationNeededCode) return {};
    const property = propertyOfCode[error.code];
    if (
      property === undefined ||
      !this.#command.secretsOnDemand.includes(property) ||
      this.#given.has(property)
    )
      throw error;
    this.#given.add(property);
    return { [property]: await this.#read(property, error.message) };
  }

  async #read(name: string, why?: string): Promise<string> {
    const { environment, question, isNew } = sources[name] ?? password;
    if (this.#stdin) {
      // Its first line; what else is needed comes from elsewhere.
      this.#stdin = false;
      return readFirstLine(process.stdin);
    }
    const given = process.env[environment];
    if (given !== undefined) return given;
    if (!canAsk())
      throw new CommandError(
        usageErrorCode,
        `${why ?? 'a password is needed'}: --password-stdin reads it from standard input, ${environment} from the environment`,
      );
    const first = await askSecret(question);
    if (isNew && (await askSecret('The same again: ')) !== first)
      throw new CommandError('mismatch', 'the two passwords differ');
    return first;
  }
}
