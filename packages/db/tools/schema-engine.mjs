#!/usr/bin/env node
// Stands in for Prisma's native schema engine: the same JSON-RPC on stdin and stdout, answered by the official
// @prisma/schema-engine-wasm. Started by the Prisma CLI (see prisma.mjs), never by hand.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { runConnectionCommand } from './connectionCommand.mjs'
import { createDatabase, memoryUrl, openFactory } from './engineDatabases.mjs'
import { EngineCalls } from './engineCalls.mjs'

const args = process.argv.slice(2)
const valuesOf = (name) => args.flatMap((arg, index) => (arg === name ? [args[index + 1]] : []))
const url = JSON.parse(valuesOf('--datasource')[0] ?? '{}').url ?? memoryUrl

if (args.includes('--version')) console.log('schema-engine-wasm')
else if (args.includes('cli')) process.exitCode = await runConnectionCommand(args[args.indexOf('cli') + 1], url)
else await serve()

async function serve() {
  const datamodels = valuesOf('--datamodels').map((file) => [file, readFileSync(file, 'utf8')])
  const calls = new EngineCalls({ datamodels, url, openFactory })
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line)
    if (method === undefined) continue // the CLI's answer to a print request of ours
    try {
      const result =
        method === 'createDatabase' ? { databaseName: await createDatabase(url) } : await calls.run(method, params)
      // The native engine prints through the CLI; only what it prints reaches the terminal.
      if (method === 'diff' && result.stdout) send({ id: -id, method: 'print', params: { content: result.stdout } })
      send({ id, result: method === 'diff' ? { ...result, stdout: null } : (result ?? {}) })
    } catch (error) {
      send({ id, error: toRpcError(error) })
    }
  }
  await calls.close()
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function toRpcError(error) {
  const message = error instanceof Error ? error.message : String(error)
  const data = { is_panic: false, message, meta: null, error_code: error?.code ?? null }
  return { code: 4466, message: 'An error happened. Check the data field for details.', data }
}
