/** Runs Debian's restic on a repository of a test. Ask `missing('restic')` first. */

export interface ResticRun {
  readonly code: number;
  readonly output: string;
}

/** Fails unless restic ends with 0. The password comes from an environment variable, the cache is off. */
export declare function restic(repository: string, password: string, ...args: readonly string[]): Promise<string>;
/** The same without judging. */
export declare function runRestic(
  repository: string,
  password: string,
  ...args: readonly string[]
): Promise<ResticRun>;
