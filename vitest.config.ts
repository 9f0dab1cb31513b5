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
