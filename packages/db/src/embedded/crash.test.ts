import { expect, it } from 'vitest'
import { openDatabase } from '../openDatabase.ts'
import { CommandProcess } from '../testing/commandProcess.ts'
import { makeTemporaryFolder } from '../testing/temporaryFolder.ts'

const rounds = 4

it('D10 after kill -9 in the middle of writing every acknowledged row is there', async () => {
  await using folder = await makeTemporaryFolder()
  const acknowledged = new Set<number>()
  let first = 1
  for (let round = 0; round < rounds; round++) {
    await using writer = new CommandProcess(
      new URL('../testing/writingProcess.ts', import.meta.url),
      folder.path,
      String(first),
    )
    const wanted = acknowledged.size + 200 + Math.floor(Math.random() * 500)
    while (acknowledged.size < wanted) acknowledged.add(await readNumber(writer))
    await writer.kill()
    // What it had printed before it died was acknowledged as well.
    for (let line = await writer.read(); line !== null; line = await writer.read())
      if (/^\d+$/.test(line)) acknowledged.add(Number(line))

    const database = await openDatabase({ dataDir: folder.path })
    const { rows } = await database.pool.query<{ number: number }>('SELECT number FROM written')
    await database.close()
    const stored = new Set(rows.map(({ number }) => number))
    expect([...acknowledged].filter((number) => !stored.has(number))).toEqual([])
    first = Math.max(...stored) + 1
  }
}, 120_000)

async function readNumber(writer: CommandProcess): Promise<number> {
  const line = await writer.read()
  if (line === null) throw new Error('the writing process ended by itself')
  return Number(line)
}
