/** `npm run check`: types, lint, format, import borders and cycles; every part runs, the first failure decides the exit code. */
import { spawnSync } from 'node:child_process';

const modulesSeenMin = 30;

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Judges a successful run's output; a sentence is a failure. */
  readonly judge?: (stdout: string) => string | undefined;
}

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['eslint', '.', '--max-warnings', '0'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  {
    name: 'import borders and cycles',
    command: ['depcruise', 'packages', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
    // A compiler that dependency-cruiser does not understand makes it see nothing and report success.
    judge: (stdout) => {
      const seen = Number(/\((\d+) modules/.exec(stdout)?.[1] ?? 0);
      return seen >= modulesSeenMin
        ? undefined
        : `only ${seen} modules were seen, expected at least ${modulesSeenMin}`;
    },
  },
];

let failed = 0;
for (const check of checks) {
  const [program = '', ...args] = check.command;
  const started = performance.now();
  const run = spawnSync(program, args, { encoding: 'utf8', shell: false });
  const complaint = run.status === 0 ? check.judge?.(run.stdout) : `${run.stdout}${run.stderr}`.trim();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${complaint === undefined ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`);
  if (complaint !== undefined) {
    console.log(complaint);
    failed += 1;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
