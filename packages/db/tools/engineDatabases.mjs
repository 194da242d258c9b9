import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { EmbeddedDatabase } from '../src/embedded/embeddedDatabase.ts'

/** Stands for an empty database in memory, made when it is connected to. */
export const memoryUrl = 'postgresql://embedded/memory'

export const isMemory = (url) => new URL(url).hostname === 'embedded'

/** An adapter factory for the engine. Its shadow database is always one in memory: no server, no right to create one. */
export function openFactory(url) {
  const memories = []
  const connectMemory = async () => {
    const memory = await EmbeddedDatabase.start()
    memories.push(memory)
    return connect(new PrismaPg({ ...memory.poolConfig, max: 1 }))
  }
  const server = { connectionString: url, options: '-c timezone=UTC', max: 2 }
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => (isMemory(url) ? connectMemory() : connect(new PrismaPg(server))),
    connectToShadowDb: connectMemory,
    close: () => Promise.all(memories.map((memory) => memory.close())),
  }
}

/** Makes the database named in the address; gives its name. */
export async function createDatabase(url) {
  const address = new URL(url)
  const name = decodeURIComponent(address.pathname.slice(1))
  address.pathname = '/postgres'
  const client = new pg.Client(address.href)
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
    return name
  } finally {
    await client.end()
  }
}

async function connect(factory) {
  const adapter = await factory.connect()
  sendScriptsWhole(adapter)
  readInternalChars(adapter)
  return adapter
}

/** The adapter splits scripts at each semicolon, also inside a function's body. */
function sendScriptsWhole(adapter) {
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script)
    } catch (error) {
      adapter.onError(error)
    }
  }
}

/** The engine asks the catalogue for columns of PostgreSQL's internal type "char", which the adapter refuses. */
function readInternalChars(adapter) {
  const internalChar = 18
  const bpchar = 1042
  const performIO = adapter.performIO.bind(adapter)
  adapter.queryRaw = async (query) => {
    const charColumns = []
    adapter.performIO = async (asked) => {
      const result = await performIO(asked)
      result.fields?.forEach((field, index) => {
        if (field.dataTypeID !== internalChar) return
        field.dataTypeID = bpchar
        charColumns.push(index)
      })
      return result
    }
    const rows = await Object.getPrototypeOf(adapter).queryRaw.call(adapter, query)
    for (const index of charColumns) rows.columnTypes[index] = ColumnTypeEnum.Character
    return rows
  }
}
