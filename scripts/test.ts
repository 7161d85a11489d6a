/**
 * `npm test [-- PATTERN…]`: runs the tests beside the code with node:test, lists what was skipped and why,
 * and ends with "N passed, N failed, N skipped". With GRIDKEEP_REQUIRE_ALL=1 a skipped test is a failure.
 */
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const wanted = process.argv.slice(2);
const files = globSync(['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.ts'])
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}

// Every file is a process, and many start others and threads: compiling anew would be a third of their time.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('../node_modules/.cache/compile-tests', import.meta.url),
);

const requireAll = process.env['GRIDKEEP_REQUIRE_ALL'] === '1';
const counts = { passed: 0, failed: 0 };
const skipped: string[] = [];

const stream = run({ files, concurrency: 2, timeout: 600_000 });
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip !== undefined && event.skip !== false) {
    skipped.push(`${event.name}: ${typeof event.skip === 'string' ? event.skip : 'no reason given'}`);
  } else counts.passed += 1;
});
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite' || event.details.error.cause instanceof Error) counts.failed += 1;
});
stream.compose(spec).pipe(process.stdout);
stream.on('end', () => {
  process.nextTick(() => {
    for (const line of skipped) console.log(`skipped: ${line}`);
    if (requireAll && skipped.length > 0) {
      console.log('GRIDKEEP_REQUIRE_ALL is set: nothing may be skipped');
      counts.failed += skipped.length;
    }
    const tail = skipped.length > 0 && !requireAll ? `, ${skipped.length} skipped` : '';
    console.log(`${counts.passed} passed, ${counts.failed} failed${tail}`);
    process.exitCode = counts.failed === 0 ? 0 : 1;
  });
});
