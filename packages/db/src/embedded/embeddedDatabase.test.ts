import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { describe, expect, it, vi } from 'vitest'
import type { EmbeddedDatabaseFailed } from '../errors.ts'
import { makeTemporaryFolder } from '../testing/temporaryFolder.ts'
import { loadTemplate } from '../testing/template.ts'
import { EmbeddedDatabase, type EmbeddedOptions } from './embeddedDatabase.ts'

async function start(options: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  return EmbeddedDatabase.start({ dump: await loadTemplate(), ...options })
}

async function connect(database: EmbeddedDatabase): Promise<pg.Client> {
  const client = new pg.Client(database.poolConfig)
  client.on('error', () => {})
  await client.connect()
  return client
}

describe('when its thread dies', () => {
  it.each(['exit', 'crash'])('by %s, every connection ends with the reason and none hangs', async (way) => {
    const channel = new BroadcastChannel('dying worker')
    const entry = new URL('../testing/dyingWorker.ts', import.meta.url)
    const failures: EmbeddedDatabaseFailed[] = []
    const database = await start({ entry, onFailure: (error) => failures.push(error) })
    const holder = await connect(database)
    const waiter = await connect(database)
    await holder.query('BEGIN')
    const waiting = waiter.query('SELECT 1')
    channel.postMessage(way)
    await expect(waiting).rejects.toThrow('The embedded database stopped')
    await expect(holder.query('SELECT 1')).rejects.toThrow()
    await expect(connect(database)).rejects.toThrow('The embedded database stopped')
    expect(failures.map(({ code }) => code)).toEqual(['EmbeddedDatabaseFailed'])
    await database.close()
    channel.close()
  })

  it('at its start, start() fails with the reason', async () => {
    await using folder = await makeTemporaryFolder()
    const file = path.join(folder.path, 'file')
    await writeFile(file, '')
    await expect(EmbeddedDatabase.start({ folder: file })).rejects.toMatchObject({ code: 'EmbeddedDatabaseFailed' })
  })
})

describe('close', () => {
  it('ends open connections, may be called again, and reports no failure', async () => {
    const onFailure = vi.fn()
    const database = await start({ onFailure })
    const client = await connect(database)
    await client.query('BEGIN')
    const ended = new Promise((resolve) => client.once('end', resolve))
    await Promise.all([database.close(), database.close()])
    await ended
    await database.close()
    await expect(connect(database)).rejects.toThrow('The embedded database is closed')
    expect(onFailure).not.toHaveBeenCalled()
  })
})

describe('dump', () => {
  it('holds what was committed, and a database started from it goes on from there', async () => {
    const first = await start()
    const writer = await connect(first)
    await writer.query('CREATE TABLE kept AS SELECT 42 AS answer')
    const second = await start({ dump: await first.dump() })
    const reader = await connect(second)
    expect((await reader.query('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }])
    await Promise.all([first.close(), second.close()])
  })
})

describe('upkeep', () => {
  it('writes checkpoints and vacuums each table', async () => {
    const database = await start({ upkeep: { checkpointMs: 50, vacuumMs: 50 } })
    const client = await connect(database)
    await client.query('CREATE TABLE rows_to_count AS SELECT generate_series(1, 1000) AS n')
    const readState = async () => {
      const { rows } = await client.query(
        `SELECT (pg_control_checkpoint()).checkpoint_lsn AS checkpoint,
                (SELECT reltuples FROM pg_class WHERE relname = 'rows_to_count') AS counted`,
      )
      return rows[0]
    }
    const { checkpoint } = await readState()
    await vi.waitFor(async () => {
      const state = await readState()
      expect(state.counted).toBe(1000)
      expect(state.checkpoint).not.toBe(checkpoint)
    }, 20_000)
    await database.close()
  })
})
