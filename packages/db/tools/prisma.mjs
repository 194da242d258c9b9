// The Prisma CLI, offline: its schema engine is replaced by ours (schema-engine.mjs), so that nothing is downloaded.
// use: node tools/prisma.mjs generate | migrate dev --name … | migrate diff … | format | validate …
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

// Windows starts no script as a program: there Prisma fetches its own engine.
if (process.platform !== 'win32') {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('schema-engine.mjs', import.meta.url))
}
process.env.CHECKPOINT_DISABLE ??= '1'
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1'
// The engine's first line asks the PATH for node: it shall be this one, and print nothing but the protocol.
process.env.PATH = [path.dirname(process.execPath), process.env.PATH].join(path.delimiter)
process.env.NODE_NO_WARNINGS = '1'
process.chdir(fileURLToPath(new URL('..', import.meta.url)))
createRequire(import.meta.url)('prisma/build/index.js')
