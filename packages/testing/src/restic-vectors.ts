/** Worked values of the restic format among the fixtures, and the folder of a real repository. Ask `missing('fixtures')` first. */
import { readFileSync } from 'node:fs';
import { fixture } from './requirements.ts';

interface Sealed {
  readonly iv: string;
  readonly ciphertext: string;
  readonly mac: string;
}

/** Bytes in hexadecimal digits, as far as nothing else is said. */
export interface ResticVectors {
  readonly passwords: { readonly first: string; readonly second: string; readonly wrong: string };
  readonly masterKey: { readonly encrypt: string; readonly macK: string; readonly macR: string };
  readonly keyFiles: readonly {
    readonly name: string;
    readonly password: string;
    readonly json: unknown;
    readonly plaintext: string;
  }[];
  readonly config: Sealed & { readonly file: string; readonly plaintext: string };
  readonly snapshots: readonly (Sealed & { readonly name: string; readonly json: string })[];
  readonly indexes: readonly { readonly name: string; readonly json: string }[];
  readonly packs: readonly {
    readonly name: string;
    readonly size: number;
    readonly headerLengthField: string;
    readonly headerLength: number;
    readonly headerPlaintext: string;
    readonly blobs: readonly {
      readonly type: number;
      readonly offset: number;
      readonly length: number;
      /** 0: stored as it is. */
      readonly uncompressed: number;
      readonly id: string;
    }[];
  }[];
  readonly trees: readonly { readonly id: string; readonly json: string }[];
  readonly nodeNames: readonly { readonly nodeName: string; readonly rawBytes: string }[];
  readonly polynomials: readonly {
    readonly randomBytes8: string;
    readonly candidate: string;
    readonly irreducible: boolean;
  }[];
  readonly syntheticSeals: {
    readonly key: { readonly encrypt: string; readonly macK: string; readonly macR: string };
    readonly cases: readonly { readonly plaintext: string; readonly iv: string; readonly sealed: string }[];
  };
  readonly latestSnapshotContent: readonly {
    readonly pathBytes: string;
    readonly type: string;
    /** Octal digits. */
    readonly mode: string;
    readonly mtimeNs: string;
    readonly size?: number;
    readonly sha256?: string;
  }[];
  readonly minimalRepository: {
    readonly password: string;
    readonly treeJson: string;
    /** Path to base64. */
    readonly files: Readonly<Record<string, string>>;
  };
}

export function resticVectors(): ResticVectors {
  const vectors: ResticVectors = JSON.parse(readFileSync(fixture('restic-repo', 'vectors.json'), 'utf8'));
  return vectors;
}

/** Read only: copy it to write. */
export function resticFixtureFolder(): string {
  return fixture('restic-repo', 'repo');
}
