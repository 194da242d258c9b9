import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { startTemporaryRedis } from '../support/temporaryRedis.ts'

test('the next start removes what a killed owner left', async () => {
  const module = new URL('../support/temporaryRedis.ts', import.meta.url).href
  const code = `const { startTemporaryRedis } = await import('${module}'); console.log((await startTemporaryRedis()).url)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(owner.stdout.setEncoding('utf8'), 'data')
  const port = Number(new URL(String(said).trim()).port)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  expect(foldersOf(owner.pid!)).toHaveLength(1)
  expect(await answers(port)).toBe(true)
  const redis = await startTemporaryRedis()
  onTestFinished(() => redis.stop())
  expect(foldersOf(owner.pid!)).toEqual([])
  await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(false)
})

function foldersOf(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`stagewright-redis-${pid}-`))
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const hasConnected = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    once(socket, 'close').then(() => false),
  ])
  socket.destroy()
  return hasConnected
}
