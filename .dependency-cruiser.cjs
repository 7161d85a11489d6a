// Which package may import which; docs/architecture.md says why.
const allowed = {
  wire: [],
  content: ['wire'],
  storage: ['wire'],
  vault: ['storage'],
  grid: ['wire', 'content', 'storage'],
  hosting: ['wire', 'content', 'storage', 'vault', 'grid'],
  gridkeep: ['wire', 'content', 'storage', 'vault', 'grid', 'hosting'],
};
const everything = ['testing', ...Object.keys(allowed)];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'tests-only',
      comment: 'packages/testing serves tests and benchmarks, never the program',
      severity: 'error',
      from: { path: '^packages/(?!testing)', pathNot: '\\.test\\.ts$|/test-support/' },
      to: { path: '^packages/testing/|/test-support/' },
    },
    ...Object.entries(allowed).map(([name, may]) => ({
      name: `border-of-${name}`,
      severity: 'error',
      from: { path: `^packages/${name}/` },
      to: {
        path: `^packages/(${everything.filter((p) => p !== name && p !== 'testing' && !may.includes(p)).join('|')})/`,
      },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
