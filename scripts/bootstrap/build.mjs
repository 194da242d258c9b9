import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT, runCaptured } from './child.mjs'
import { SetupFailure } from './failure.mjs'

/** What a running server needs: the database client made from the schema, and the studio's pages. */
const NEEDED = [
  { name: '@stagewright/db', source: 'prisma/schema.prisma', output: 'packages/db/src/generated' },
  { name: '@stagewright/web', source: 'apps/web/src/main.ts', output: 'apps/web/dist/index.html' },
]

/** Everything that may change these outputs. */
const INPUTS = ['prisma', 'packages', 'apps/web', 'pnpm-lock.yaml', 'turbo.json', 'tsconfig.json']
const NOT_INPUTS = new Set(['node_modules', 'dist', 'generated', '.turbo'])
const STAMP = join(ROOT, 'node_modules', '.cache', 'build-stamp')

/**
 * Brings everything a server needs up to date. turbo compares contents, which takes seconds on a busy machine: where not
 * even a file's time has changed it is not asked. Its output is shown only when something fails.
 */
export async function buildWhatChanged({ node, env }) {
  const parts = NEEDED.filter((part) => existsSync(join(ROOT, part.source)))
  const wanted = fingerprint()
  if (parts.every((part) => existsSync(join(ROOT, part.output))) && readStamp() === wanted) return
  console.log('Building what has changed')
  const turbo = join(ROOT, 'node_modules', 'turbo', 'bin', 'turbo')
  const filters = parts.map((part) => `--filter=${part.name}`)
  const args = [turbo, 'run', 'generate', 'build', ...filters, '--output-logs=errors-only']
  const result = await runCaptured(node, args, { env, echo: false, missing: 'Node is not where it was found' })
  if (result.code !== 0) throw new SetupFailure(`${result.output}\nThe build failed: see above.`)
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, wanted)
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : null
}

/** Names, sizes and times of all inputs. */
function fingerprint() {
  const hash = createHash('sha256')
  for (const path of INPUTS) addPath(hash, join(ROOT, path))
  return hash.digest('hex')
}

function addPath(hash, path) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isDirectory()) {
    hash.update(`${path}\0${found.size}\0${found.mtimeMs}\n`)
    return
  }
  const names = readdirSync(path).filter((name) => !NOT_INPUTS.has(name))
  for (const name of names.sort()) addPath(hash, join(path, name))
}
