import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const SECOND = 1000
const isLong = process.env['TEST_LENGTH'] === 'long'

/** A folder of tests with the time that one of them and its preparation may take. */
function project(name: string, limitMs: number): TestProjectInlineConfiguration {
  return { test: { name, include: [`${name}/**/*.test.ts`], testTimeout: limitMs, hookTimeout: 120 * SECOND } }
}

export default defineConfig({
  test: {
    // Times are measured here, which the servers and databases of another file would spoil. `npm test`, which allows ten
    // times as much, runs two beside one another.
    fileParallelism: false,
    // Of the tests of one file that wait together; each may have several servers of its own.
    maxConcurrency: 4,
    projects: [
      project('house', 60 * SECOND),
      project('client', 60 * SECOND),
      project('e2e', 120 * SECOND),
      project('chaos', (isLong ? 3600 : 300) * SECOND),
      project('soak', 2 * 3600 * SECOND),
      project('bench', 1800 * SECOND),
    ],
  },
})
