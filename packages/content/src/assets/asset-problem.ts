/** What is wrong with the bytes of one asset. */
export interface AssetProblem {
  /** `error`: damaged, viewers cannot use it. `warning`: unusual or partly lost, but probably usable. */
  readonly severity: 'error' | 'warning';
  /**
   * `empty`: no bytes. `size`: more than the kind may have. `kind`: the content is of another kind.
   * `soundness`: the content breaks a rule of its format.
   */
  readonly rule: 'empty' | 'size' | 'kind' | 'soundness';
  /** A short sentence for people, with the place where it helps: `SIZ: 60000 x 60000 pixels`. */
  readonly message: string;
}

/** A broken rule of the format that makes the asset useless. */
export function unsound(message: string): AssetProblem {
  return { severity: 'error', rule: 'soundness', message };
}

/** A broken rule of the format that viewers forgive. */
export function unusual(message: string): AssetProblem {
  return { severity: 'warning', rule: 'soundness', message };
}
