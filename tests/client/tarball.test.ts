/** The package as others get it: packed, installed by npm into an empty folder, type-checked there, and run. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signUp, type Account } from '../support/account.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { startStoryProvider, type StoryProvider } from '../support/storyProvider.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const clientFolder = path.join(repository, 'packages/client')
const run = promisify(execFile)
/** npm as if it were called from a shell of its own; where it finds packages is left as it was handed down. */
const npmEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(package_|lifecycle_|config_(local_)?prefix)/i.test(name)),
)

let folder: string
let tarball: { filename: string; files: { path: string }[] }
let provider: StoryProvider
let server: ServerProcess
let account: Account

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'stagewright-tarball-')))
  provider = await startStoryProvider(11, { tokens: 200, tokensPerSecond: 200 })
  const starting = startServerProcess({ environment: provider.environment })
  await run(process.execPath, ['scripts/build.ts'], { cwd: clientFolder })
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', folder, path.join(clientFolder, 'dist')],
    { cwd: folder, env: npmEnvironment },
  )
  tarball = (JSON.parse(stdout) as (typeof tarball)[])[0]!
  server = await starting
  account = await signUp(server.url)
})

afterAll(async () => {
  account?.close()
  await server?.close()
  await provider?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs the program to its end; `onText` sees what it has written so far, each time there is more. */
async function runService(
  apiKey: string,
  onText: (output: string) => void = () => undefined,
): Promise<{ code: number | null; output: string }> {
  const environment = { PATH: process.env['PATH'], STAGEWRIGHT_URL: server.url, STAGEWRIGHT_KEY: apiKey }
  const service = spawn(process.execPath, ['index.ts', 'A story of a tarball.'], { cwd: folder, env: environment })
  let output = ''
  for (const stream of [service.stdout, service.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      onText(output)
    })
  }
  const [code] = (await once(service, 'close')) as [number | null]
  return { code, output }
}

it('P1 holds what its users need, and nothing else', async () => {
  expect(tarball.files.map((file) => file.path).toSorted()).toEqual([
    'LICENSE',
    'README.md',
    'index.d.ts',
    'index.js',
    'package.json',
  ])
  const whole = await Promise.all(
    ['index.js', 'index.d.ts', 'package.json'].map((file) => readFile(path.join(clientFolder, 'dist', file), 'utf8')),
  )
  for (const content of whole)
    expect(content).not.toMatch(/workspace:|@stagewright\/(?!client)|DatabaseUnavailable|PrismaClient/)
  expect(JSON.parse(whole[2]!)).not.toHaveProperty('devDependencies')
})

it('P2 is installed by npm into an empty folder, and has the types of every procedure there', async () => {
  const manifest = {
    name: 'somebody',
    private: true,
    type: 'module',
    dependencies: { '@stagewright/client': `file:${tarball.filename}` },
  }
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest))
  // Of what comes along as a peer there is only the compiler, and the repository has one.
  const flags = [
    'install',
    '--prefer-offline',
    '--omit=peer',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--loglevel=error',
  ]
  await run('npm', flags, { cwd: folder, env: npmEnvironment })

  await copyFile(path.join(repository, 'examples/service/index.ts'), path.join(folder, 'index.ts'))
  await writeFile(path.join(folder, 'typed.ts'), typedProgram)
  await writeFile(path.join(folder, 'node.d.ts'), nodeTypes)
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    types: [],
    noEmit: true,
    skipLibCheck: false,
  }
  await writeFile(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['typed.ts', 'index.ts', 'node.d.ts'] }),
  )
  const checked = await run(process.execPath, [
    createRequire(import.meta.url).resolve('typescript/bin/tsc'),
    '-p',
    folder,
  ]).catch((error: { stdout: string }) => error)
  expect(checked.stdout).toBe('')
})

it('P3 runs the example: the story is on the terminal while it is written, through a restart of the server', async () => {
  const restarts: Promise<void>[] = []
  let wroteBeforeItsEnd = false
  const { code, output } = await runService(account.apiKey, (soFar) => {
    const sent = provider.log()[0]?.sentText.length ?? 0
    if (soFar.length > 200 && sent < 700) wroteBeforeItsEnd = true
    if (soFar.length > 200 && restarts.length === 0) restarts.push(server.kill('SIGTERM').then(() => server.start()))
  })
  await Promise.all(restarts)
  expect(output).toContain('is completed, after')
  expect(code).toBe(0)
  expect(wroteBeforeItsEnd).toBe(true)
  expect(output).toContain('[the connection is lost; coming back]')
  const stored = await account.client.tasks.list.query({ pageSize: 1 })
  const versions = await Promise.all(
    stored.tasks[0]!.stages.map(({ rewriteId }) => account.client.stages.version.query({ rewriteId: rewriteId! })),
  )
  const shown = output.replace('\n[the connection is lost; coming back]\n', '')
  for (const { text } of versions) expect(shown).toContain(` ===\n${text}\n`)
})

it('P4 tells a wrong key in one sentence, at once', async () => {
  const { code, output } = await runService('sw_wrong')
  expect([code, output]).toEqual([1, 'The API key is not good: it was mistyped, revoked, or has expired.\n'])
})

/** Each line that is wrong says so: a type that has become `any` would leave its error out. */
const typedProgram = `
import { createClient, TRPCClientError, type AppRouter, type Client, type ErrorCode, type FeedView, type TaskView } from '@stagewright/client'

const studio: Client = createClient({ url: 'http://127.0.0.1:3000', apiKey: 'sw_key' })

export async function use(): Promise<TaskView> {
  const { taskId } = await studio.tasks.create.mutate({ projectId: 'p', stages: ['rewrite'] })
  const name: string = taskId
  // @ts-expect-error: stages are keys, or 'rest'
  await studio.tasks.create.mutate({ projectId: 'p', stages: 7 })
  // @ts-expect-error: there is no such procedure
  await studio.tasks.conjure.mutate({})
  // @ts-expect-error: an id is no number
  const wrong: number = taskId
  for await (const view of studio.follow(taskId)) show(view, name, wrong)
  const { tasks, total } = await studio.tasks.list.query({ status: 'running' })
  // @ts-expect-error: a status is one of six
  if (tasks[0]?.status === 'conjured') return studio.finished(String(total))
  return studio.finished(taskId)
}

function show(view: FeedView, ...rest: unknown[]): string {
  // @ts-expect-error: a text may be missing
  return view.current.text + rest.length
}

export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof TRPCClientError ? (error as TRPCClientError<AppRouter>).data?.appCode : undefined
}
`

/** As much of Node as the example uses. */
const nodeTypes = `
declare const process: {
  env: Record<string, string | undefined>
  argv: string[]
  exitCode: number
  stdout: { write(text: string): void }
  stderr: { write(text: string): void }
  once(name: string, listener: () => void): void
}
`
