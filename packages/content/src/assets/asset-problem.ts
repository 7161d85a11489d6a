/** What is wrong with the bytes of one asset. */
export interface AssetProblem {
  /** `error`: damaged, viewers cannot use it. `warning`: unusual or partly lost, but probably usable. */
  readonly severity: 'error' | 'warning';
  /** A short sentence for people, with the place where it helps: `SIZ: 60000 x 60000 pixels`. */
  readonly message: string;
}
