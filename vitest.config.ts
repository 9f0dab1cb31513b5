import { defineConfig, type TestProjectConfiguration } from 'vitest/config'

/** Where the counts go as JSON besides; .ci/run sums them. */
const report = process.env.SIPACTOR_TEST_REPORT

const shared = {
  include: ['test/**/*.test.ts'],
  testTimeout: 30_000,
  hookTimeout: 30_000,
  // Each file in its own fork: the tests with real sockets never meet another file's.
  pool: 'forks' as const,
  setupFiles: ['test/support/wire-run.ts'],
}

/** True for a run of chosen files: those are run once, over the wire when SIPACTOR_WIRE is 1. */
const chosen = process.argv.slice(2).some(argument => /^test[/\\]|\.test\b/.test(argument))

/** Scenarios that make their engines themselves, or read no frame that others do not: once is enough. */
const inProcessOnly = [
  'census',
  'connection-faults',
  'connection-network',
  'coverage',
  'flood',
  'found-by-models',
  'loss',
  'notifier-kills',
  'start',
  'subscription-kills',
].map(name => `test/scenarios/${name}.test.ts`)

/**
 * Everything with the engine in the process of the test; then the tests of the API and of the scenarios once more with
 * the frames of the shared server between the two.
 */
const projects: TestProjectConfiguration[] = [
  { test: { ...shared, name: 'in process' } },
  {
    test: {
      ...shared,
      name: 'over the wire',
      include: ['test/api/**/*.test.ts', 'test/scenarios/**/*.test.ts'],
      exclude: inProcessOnly,
      env: { SIPACTOR_WIRE: '1' },
    },
  },
]

export default defineConfig({
  test: {
    ...shared,
    ...(chosen ? {} : { projects }),
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
  },
})
