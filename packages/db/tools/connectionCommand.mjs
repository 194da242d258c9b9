import pg from 'pg'
import { createDatabase, isMemory } from './engineDatabases.mjs'

const codes = { '3D000': 'P1003', ECONNREFUSED: 'P1001', '28P01': 'P1000', 28000: 'P1000' }

/** The engine's `cli` commands, with which the CLI checks or makes the database. Gives the exit code. */
export async function runConnectionCommand(command, url) {
  try {
    if (!isMemory(url)) await run(command, url)
    log('INFO', { message: 'ok' })
    return 0
  } catch (error) {
    log('ERROR', { error_code: codes[error.code] ?? 'P1010', message: error.message || String(error), is_panic: false })
    return 1
  }
}

async function run(command, url) {
  if (command === 'create-database') return createDatabase(url)
  if (command !== 'can-connect-to-database') throw new Error(`the schema engine has no command ${command}`)
  const client = new pg.Client(url)
  await client.connect()
  await client.end()
}

/** The CLI reads JSON lines from the engine's stderr. */
function log(level, fields) {
  const entry = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }
  process.stderr.write(`${JSON.stringify(entry)}\n`)
}
