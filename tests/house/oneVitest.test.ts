import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const lock = readFileSync(new URL('../../pnpm-lock.yaml', import.meta.url), 'utf8')

test('R6 there is one copy of vitest, whatever optional peers other packages bring', () => {
  // With two, the suites of a package are run by one and import the other, which finds nothing to run.
  const copies = [...lock.matchAll(/^ {2}'?vitest@[^(\n]+\(.*$/gm)].map(([line]) => line)
  expect(copies).toHaveLength(1)
})
