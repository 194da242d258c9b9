import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: ['../../tests/support/postgresSetup.ts'],
    // A first embedded database takes seconds to make on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
