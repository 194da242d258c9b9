import { expect, test } from 'vitest'
import { makeSampleTree } from './sampleTree.ts'

/** A line of code in a file and the rule that must object to it; null where it is allowed. */
const LINES: [file: string, line: string, rule: string | null][] = [
  ['packages/core/src/node.ts', `import 'node:fs'`, 'no-restricted-imports'],
  ['packages/core/src/bare.ts', `import 'fs'`, 'no-restricted-imports'],
  ['packages/core/src/pg.ts', `import 'pg'`, 'no-restricted-imports'],
  ['packages/core/src/trpc.ts', `import '@trpc/server'`, 'no-restricted-imports'],
  ['packages/core/src/zoo.ts', `import 'zoo'`, 'no-restricted-imports'],
  ['packages/core/src/zod.ts', `import 'zod'`, null],
  ['packages/core/src/own.ts', `import './zod.ts'`, null],
  ['packages/core/src/process.ts', `export const now = process.uptime()`, 'no-restricted-globals'],
  ['packages/core/src/fetch.ts', `export const answer = fetch('http://x')`, 'no-restricted-globals'],
  ['packages/core/src/global.ts', `export const ask = globalThis.fetch`, 'no-restricted-properties'],
  ['packages/core/src/node.test.ts', `import 'node:fs'`, null],
  ['packages/api/src/node.ts', `import 'node:http'`, 'no-restricted-imports'],
  ['packages/api/src/storage.ts', `import 'pg-boss'`, 'no-restricted-imports'],
  ['packages/client/src/node.ts', `import 'node:http'`, 'no-restricted-imports'],
  ['apps/server/src/env.ts', `export const port = process.env['PORT']`, 'no-restricted-properties'],
  ['apps/server/src/envPart.ts', `export const { PORT } = process.env`, 'no-restricted-properties'],
  ['apps/server/src/envImport.ts', `import 'node:process'`, 'no-restricted-imports'],
  ['apps/server/src/config.ts', `export const port = process.env['PORT']`, null],
  ['apps/server/src/any.ts', `export const anything: any = 1`, 'no-explicit-any'],
  ['apps/server/src/unused.ts', `const unused = 1\nexport {}`, 'no-unused-vars'],
  ['apps/server/src/type.ts', `import { URL } from 'node:url'\nexport type A = URL`, 'consistent-type-imports'],
  ['apps/server/src/print.ts', `console.log(1)`, 'no-console'],
  ['apps/server/src/cycle.ts', `import './cycleBack.ts'`, 'no-cycle'],
  ['apps/server/src/cycleBack.ts', `import './cycle.ts'`, 'no-cycle'],
  ['apps/server/src/floating.ts', `async function save() {}\nsave()`, 'no-floating-promises'],
  [
    'apps/server/src/switch.ts',
    `export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1\n  }\n}`,
    'switch-exhaustiveness-check',
  ],
]

interface Diagnostic {
  code: string
  filename: string
}

test('R2 each rule of the house objects where it must, and nowhere else', () => {
  const files = Object.fromEntries(LINES.map(([file, line]) => [file, `${line}\n`]))
  using tree = makeSampleTree({ ...files, 'tsconfig.json': '{ "compilerOptions": { "strict": true } }' }, [
    '.oxlintrc.json',
  ])
  const report = JSON.parse(tree.run('oxlint/bin/oxlint', ['--type-aware', '-f', 'json', '.']))
  const found = report.diagnostics.map(
    ({ code, filename }: Diagnostic) => `${filename} ${code.replace(/^.*\((.*)\)$/, '$1')}`,
  )
  const expected = LINES.flatMap(([file, , rule]) => (rule === null ? [] : [`${file} ${rule}`]))
  expect(found).toEqual(expect.arrayContaining(expected))
  const allowed = LINES.flatMap(([file, , rule]) => (rule === null ? [file] : []))
  const rules = LINES.map(([, , rule]) => rule)
  const wrong = allowed
    .flatMap((file) => rules.map((rule) => `${file} ${rule}`))
    .filter((entry) => found.includes(entry))
  expect(wrong).toEqual([])
})
