/** The installation's key for certificates: made once, kept sealed under the key file. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Database, Migration } from '@gridkeep/storage/database/database';
import type { CustodyKey } from '../vaults/custody-key.ts';

interface Tables {
  readonly certificate_key: {
    readonly id: number;
    /** DER, so that it can be shown without the key file. */
    readonly public_key: Uint8Array;
    readonly sealed: Uint8Array;
    readonly created_at: number;
  };
}

export const signingKeyMigrations: readonly Migration[] = [
  {
    name: 'certificate-key-1',
    statements: (types) => [
      `CREATE TABLE certificate_key (
        id ${types.integer} NOT NULL PRIMARY KEY,
        public_key ${types.bytes} NOT NULL,
        sealed ${types.bytes} NOT NULL,
        created_at ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

const onlyId = 1;
const owner = 'installation';

export class SigningKey {
  readonly #database: Database;
  readonly #custody: CustodyKey;

  constructor(database: Database, custody: CustodyKey) {
    this.#database = database;
    this.#custody = custody;
  }

  /** Undefined while none was needed. */
  async publicKey(): Promise<KeyObject | undefined> {
    const row = await this.#row();
    return row === undefined
      ? undefined
      : createPublicKey({ key: Buffer.from(row.public_key), type: 'spki', format: 'der' });
  }

  /** Made on first use; of two processes that make it at once, both use the first. Throws a VaultError `key-file`. */
  async privateKey(): Promise<KeyObject> {
    const row = await this.#row();
    if (row !== undefined)
      return createPrivateKey({
        key: await this.#custody.open('certificate key', owner, row.sealed),
        type: 'pkcs8',
        format: 'der',
      });
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const sealed = await this.#custody.seal(
      'certificate key',
      owner,
      privateKey.export({ type: 'pkcs8', format: 'der' }),
    );
    await this.#database
      .tables<Tables>()
      .insertInto('certificate_key')
      .values({
        id: onlyId,
        public_key: publicKey.export({ type: 'spki', format: 'der' }),
        sealed,
        created_at: Date.now(),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    return this.privateKey();
  }

  #row() {
    return this.#database
      .tables<Tables>()
      .selectFrom('certificate_key')
      .selectAll()
      .where('id', '=', onlyId)
      .executeTakeFirst();
  }
}
