import { expect, test } from 'vitest'
import { makeSampleTree } from './sampleTree.ts'

/** What each file imports, and the rule that this breaks; null where it is allowed. */
const IMPORTS: [from: string, statement: string, rule: string | null][] = [
  ['packages/core/src/a.ts', `import '../../db/src/index.ts'`, 'direction-packages-core'],
  ['packages/db/src/a.ts', `import '../../core/src/index.ts'`, null],
  ['packages/db/src/b.ts', `import '../../api/src/index.ts'`, 'direction-packages-db'],
  ['packages/api/src/a.ts', `import '../../core/src/index.ts'`, null],
  ['packages/api/src/b.ts', `import '../../db/src/index.ts'`, 'direction-packages-api'],
  ['packages/api/src/c.ts', `import type {} from '../../../apps/server/src/index.ts'`, 'direction-packages-api'],
  ['packages/client/src/a.ts', `import type {} from '../../api/src/index.ts'`, null],
  ['packages/client/src/b.ts', `import '../../api/src/index.ts'`, 'client-takes-types-of-api'],
  ['packages/client/src/d.ts', `import '../../core/src/index.ts'`, null],
  ['packages/client/src/c.ts', `import '../../db/src/index.ts'`, 'direction-packages-client'],
  ['apps/web/src/a.ts', `import '../../../packages/client/src/index.ts'`, null],
  ['apps/web/src/b.ts', `import type {} from '../../../packages/core/src/index.ts'`, 'direction-apps-web'],
  [
    'apps/web/src/c.vue',
    `<script setup>\nimport '../../../packages/api/src/index.ts'\n</script>`,
    'direction-apps-web',
  ],
  ['apps/server/src/a.ts', `import '../../../packages/db/src/index.ts'`, null],
  ['apps/server/src/b.ts', `import '../../../packages/client/src/index.ts'`, 'direction-apps-server'],
  ['apps/server/src/b.test.ts', `import '../../../packages/client/src/index.ts'`, null],
  ['apps/server/src/c.ts', `import './b.test.ts'`, 'no-tests-in-the-product'],
  ['packages/core/src/engine/a.ts', `import type {} from '../pipelines/index.ts'`, 'engine-knows-no-pipeline'],
  ['packages/core/src/engine/b.ts', `import '../ports/index.ts'`, null],
  ['packages/core/src/pipelines/a.ts', `import '../engine/index.ts'`, null],
  ['packages/core/src/feed/a.ts', `import '../engine/index.ts'`, 'feed-stands-alone'],
  ['packages/core/src/feed/b.ts', `import '../pipelines/index.ts'`, 'feed-stands-alone'],
  ['packages/core/src/ports/a.ts', `import '../engine/index.ts'`, 'ports-stand-alone'],
  ['packages/core/src/cycle/a.ts', `import './b.ts'`, 'no-cycles'],
  // A cycle is told once, at its first file.
  ['packages/core/src/cycle/b.ts', `import './a.ts'`, null],
  ['packages/core/src/lost.ts', `import './nowhere.ts'`, 'nothing-unresolved'],
  ['tests/e2e/a.ts', `import '../../packages/db/src/index.ts'`, null],
]

const PARTS = ['packages/core', 'packages/db', 'packages/api', 'packages/client', 'apps/server']
const CORE_PARTS = ['engine', 'pipelines', 'ports']

interface Violation {
  from: string
  rule: { name: string }
}

test('R1 every dependency in the wrong direction is found, and no other', () => {
  const entries = [
    ...PARTS.map((part) => [`${part}/src/index.ts`, 'export {}']),
    ...CORE_PARTS.map((part) => [`packages/core/src/${part}/index.ts`, 'export {}']),
    ...IMPORTS.map(([from, statement]) => [from, statement]),
  ]
  using tree = makeSampleTree(Object.fromEntries(entries), ['.dependency-cruiser.mjs'])
  const args = ['--config', '.dependency-cruiser.mjs', '-T', 'json', 'packages', 'apps', 'tests']
  const report = JSON.parse(tree.run('dependency-cruiser/bin/dependency-cruiser.mjs', args))
  const found = report.summary.violations.map(({ from, rule }: Violation) => `${from} ${rule.name}`)
  const expected = IMPORTS.flatMap(([from, , rule]) => (rule === null ? [] : [`${from} ${rule}`]))
  expect(found.toSorted()).toEqual(expected.toSorted())
})
