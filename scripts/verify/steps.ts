import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A program to run, a suite of tests whose report is counted, or a suite that has no tests yet. */
export type Step =
  | { kind: 'program'; name: string; folder: string; args: string[] }
  | { kind: 'suite'; name: string; folder: string; args: string[] }
  | { kind: 'absent'; name: string; reason: string }

/** The packages with unit and contract tests, those that others build on first. */
const UNIT_PACKAGES = ['packages/core', 'packages/db', 'packages/api', 'packages/client', 'apps/server', 'apps/web']

/**
 * Two files at a time: most of what they do is waiting, for databases, servers and clocks. vitest would leave one of two
 * cores to itself.
 */
const twoAtOnce = ['--fileParallelism', '--maxWorkers=2']

/** What needs the whole product, by the project's name in tests/vitest.config.ts. */
const WHOLE_SUITES = { house: 'house', client: 'client', e2e: 'browser', chaos: 'chaos', soak: 'soak', bench: 'bench' }
/** In the long form times are measured, which another file would spoil. */
const TWO_AT_ONCE = { short: new Set(['house', 'client', 'e2e', 'chaos']), long: new Set(['house', 'client', 'e2e']) }
const NOT_IN_NPM_TEST = new Set(['format', 'soak', 'bench'])

export type TestLength = keyof typeof TWO_AT_ONCE

/** The steps with these names (`unit` stands for all unit suites), or all of `npm test`; throws on an unknown name. */
export function listSteps(names: readonly string[], length: TestLength): Step[] {
  const all = [...programs(), ...unitSuites(), ...wholeSuites(length)]
  if (names.length === 0) return all.filter((step) => !NOT_IN_NPM_TEST.has(step.name))
  return names.flatMap((name) => {
    const chosen = all.filter((step) => step.name === name || step.name.startsWith(`${name} `))
    if (chosen.length === 0)
      throw new Error(`There is no step "${name}"; there are: ${all.map((s) => s.name).join(', ')}`)
    return chosen
  })
}

function programs(): Step[] {
  const turbo = [bin('turbo', 'bin/turbo'), 'run', '--output-logs=errors-only', '--continue']
  const oxlint = [bin('oxlint', 'bin/oxlint'), '--type-aware', '--deny-warnings', '.']
  const folders = ['packages', 'apps', 'tests', 'scripts', 'examples'].filter((folder) =>
    existsSync(join(ROOT, folder)),
  )
  const cruiser = bin('dependency-cruiser', 'bin/dependency-cruiser.mjs')
  return [
    program('types', [...turbo, 'generate', 'typecheck', ...filtersOfFilledPackages()]),
    program('lint', oxlint),
    program('direction', [cruiser, '--config', '.dependency-cruiser.mjs', ...folders]),
    program('format', [bin('oxfmt', 'bin/oxfmt'), '--check', '.']),
    program('schema', ['packages/db/tools/checkDrift.mjs']),
    // What a running server needs, as in `npm start`; what others need built, their tests build.
    program('build', [...turbo, 'generate', 'build', '--filter=@stagewright/db', '--filter=@stagewright/web']),
  ]
}

function program(name: string, args: string[]): Step {
  return { kind: 'program', name, folder: ROOT, args }
}

function unitSuites(): Step[] {
  return UNIT_PACKAGES.map((folder) => suite(`unit ${folder.split('/')[1]}`, folder, 'src', twoAtOnce))
}

function wholeSuites(length: TestLength): Step[] {
  return Object.entries(WHOLE_SUITES).map(([folder, name]) => {
    const args = ['--project', folder, ...(TWO_AT_ONCE[length].has(folder) ? twoAtOnce : [])]
    return suite(name, 'tests', folder, args)
  })
}

/** vitest says nothing and succeeds, or fails, on an empty folder as it is told; we want it named instead. */
function suite(name: string, folder: string, testsIn: string, args: string[]): Step {
  const files = globSync(`${testsIn}/**/*.test.ts`, { cwd: join(ROOT, folder) })
  if (files.length === 0) return { kind: 'absent', name, reason: `no tests in ${folder}/${testsIn}` }
  const vitest = [bin('vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', ...args]
  return { kind: 'suite', name, folder: join(ROOT, folder), args: vitest }
}

/** A package whose sources are still to be written would fail for having none. */
function filtersOfFilledPackages(): string[] {
  return globSync(['packages/*', 'apps/*', 'tests', 'examples/*'], { cwd: ROOT })
    .filter((folder) => globSync('**/*.{ts,vue}', { cwd: join(ROOT, folder), exclude: isModules }).length > 0)
    .map((folder) => `--filter=${nameOfPackage(folder)}`)
}

function nameOfPackage(folder: string): string {
  return (JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { name: string }).name
}

function isModules(path: string): boolean {
  return path.endsWith('node_modules')
}

function bin(name: string, path: string): string {
  return join(ROOT, 'node_modules', name, path)
}
