import { defineConfig } from 'vitest/config'

/** Where the counts go as JSON besides; .ci/run sums them. */
const report = process.env.SIPACTOR_TEST_REPORT

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Each file in its own fork: the tests with real sockets never meet another file's.
    pool: 'forks',
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
  },
})
