import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'

const BOOTSTRAP = new URL('../../scripts/bootstrap/', import.meta.url).href

/** A stand-in for the server: says its process id, and ends with 5 when it is asked to. */
const SERVER = `
  process.on('SIGTERM', () => process.exit(5))
  console.log(process.pid)
  setInterval(() => {}, 1000)
`

const started: number[] = []
afterEach(() => {
  for (const pid of started.splice(0).filter(isAlive)) process.kill(pid, 'SIGKILL')
})

test.each([
  ['16.20.2', false],
  ['22.23.3', false],
  ['24.2.0', false],
  ['24.3.0', true],
  ['25.1.0', false],
  ['26.0.0', true],
  ['27.0.0', true],
])('R3 Node %s is acceptable: %s', (version, acceptable) => {
  expect(evaluate('tools.mjs', `module.isAcceptable('${version}')`)).toBe(acceptable)
})

test('what failed for want of a network says so, anything else shows its last lines', () => {
  const offline = evaluate('failure.mjs', `module.describeInstallFailure('installing', 'x ENOTFOUND y').message`)
  expect(offline).toContain('Stopped while installing: the package registry could not be reached (ENOTFOUND).')
  const other = evaluate('failure.mjs', `module.describeInstallFailure('installing', 'one\\ntwo').message`)
  expect(other).toBe('Stopped while installing:\none\ntwo')
})

test('R4 a signal reaches the program, and its exit code comes through', async () => {
  const { launcher } = await launch({})
  launcher.kill('SIGTERM')
  expect(await once(launcher, 'exit')).toEqual([5, null])
})

test('R4 the program ends when npm, which started it, is killed', async () => {
  const { launcher: npm, serverPid } = await launch({ underShell: true })
  npm.kill('SIGKILL')
  // Its end of the output closes with the last process that holds it: the program itself.
  await once(npm.stdout!, 'close')
  expect(isAlive(serverPid)).toBe(false)
})

async function launch({ underShell = false }): Promise<{ launcher: ChildProcess; serverPid: number }> {
  const code = `
    const { runAttached } = await import('${BOOTSTRAP}child.mjs')
    process.exitCode = await runAttached(process.execPath, ['-e', process.env.SERVER], process.env)
  `
  const args = ['--input-type=module', '-e', code]
  const options = { env: { ...process.env, SERVER, npm_lifecycle_event: 'start' } }
  // The command after it keeps the shell from becoming the program itself, as some shells do with the last one.
  const launcher = underShell
    ? spawn('sh', ['-c', '"$0" "$@"; :', process.execPath, ...args], {
        ...options,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    : spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(launcher.stdout, 'data')
  const serverPid = Number(String(line))
  started.push(launcher.pid!, serverPid)
  return { launcher, serverPid }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Evaluates an expression on a module of the bootstrap, which is plain JavaScript without types. */
function evaluate(file: string, expression: string): unknown {
  const code = `const module = await import('${BOOTSTRAP}${file}'); console.log(JSON.stringify(${expression}))`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }))
}
