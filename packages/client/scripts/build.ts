// Makes dist/ the package that others install: one file of code, one of types, and nothing of the workspace in either.
// `npm pack ./dist` packs it.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { bundleTypes } from './bundleTypes.ts'

const root = path.resolve(import.meta.dirname, '..')
const dist = path.join(root, 'dist')

type Manifest = Record<'name' | 'version' | 'description' | 'license' | 'type', string> & {
  dependencies: Record<string, string>
}

async function bundleCode(): Promise<string> {
  await using bundle = await rolldown({
    input: path.join(root, 'src/index.ts'),
    external: /^@trpc\//,
    platform: 'neutral',
    // Of core only what folding needs comes along: nothing in it has to be run for its effects.
    treeshake: { moduleSideEffects: false },
  })
  const { output } = await bundle.generate({ format: 'esm', comments: { jsdoc: false } })
  return output[0].code
}

/** What the package says of itself: what users need, and nothing of how it is made. */
function describePackage({ name, version, description, license, type, dependencies }: Manifest): object {
  return {
    name,
    version,
    description,
    license,
    type,
    sideEffects: false,
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    engines: { node: '>=22' },
    dependencies,
  }
}

/** Throws when a file takes something from where its users have nothing. */
function checkImports(file: string, content: string, dependencies: readonly string[]): void {
  const taken = [...content.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '')
  const foreign = taken.filter((name) => !dependencies.some((known) => name === known || name.startsWith(`${known}/`)))
  if (foreign.length > 0) throw new Error(`${file} imports ${foreign.join(', ')}, which its users do not have.`)
}

await rm(dist, { recursive: true, force: true })
await mkdir(dist)
const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest
const files = {
  'index.js': await bundleCode(),
  'index.d.ts': await bundleTypes(root, path.join(dist, '.types')),
  'package.json': `${JSON.stringify(describePackage(manifest), null, 2)}\n`,
}
for (const [name, content] of Object.entries(files)) {
  if (name !== 'package.json') checkImports(name, content, Object.keys(manifest.dependencies))
  await writeFile(path.join(dist, name), content)
}
await cp(path.join(root, 'README.md'), path.join(dist, 'README.md'))
await cp(path.resolve(root, '../../LICENSE'), path.join(dist, 'LICENSE'))
