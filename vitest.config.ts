import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Each file in its own fork: the tests with real sockets never meet another file's.
    pool: 'forks',
  },
})
