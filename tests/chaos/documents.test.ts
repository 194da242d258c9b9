// A long document through all of its stages, with a kill and a stop in the middle of its translation: no segment that was
// whole is asked for again, and the server takes bounded memory.
import mammoth from 'mammoth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp, type Account } from '../support/account.ts'
import { wordDocument } from '../support/sampleDocuments.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { startTranslationProvider, translated, type TranslationProvider } from '../support/translationProvider.ts'
import { watchMemory } from '../support/watchMemory.ts'
import { counts, isFull } from './counts.ts'

const mebibyte = 1_024 * 1_024
/** What the embedded server may take at most, its database included. */
const mostBytes = 1_792 * mebibyte
/** What is measured is what it needs: without a limit V8 lets garbage lie, as much as it likes. */
const heapLimit: Record<string, string> = isFull ? { NODE_OPTIONS: '--max-old-space-size=512' } : {}

type Kind = {
  name: string
  file: string
  content(): Promise<Uint8Array>
  /** Everything in what was delivered stands as it must. */
  check(delivered: Buffer): Promise<void>
}

const line = (at: number): string =>
  `Line ${at}: the keeper of the lighthouse writes that the wind is turning, and that nobody has come across the water for three days and three nights; the letter is still wet.`
const lineCount = Math.round((counts.documentMegabytes * mebibyte) / (line(100_000).length + 1))

const kinds: Kind[] = [
  {
    name: `a Word document of ${counts.documentPages} pages`,
    file: 'long.docx',
    content: () => wordDocument({ pages: counts.documentPages }),
    async check(delivered) {
      const { value: html } = await mammoth.convertToHtml({ buffer: delivered })
      expect(html.match(/<p>译：/g)!.length).toBe(counts.documentPages * 8 + 3)
      expect(html.match(/<strong>wind is turning<\/strong>/g)!.length).toBe(counts.documentPages * 6)
      expect(html.match(/<h2>.*?译：Chapter \d+<\/h2>/g)!.length).toBe(counts.documentPages)
    },
  },
  {
    name: `a text of ${counts.documentMegabytes} MB`,
    file: 'long.txt',
    content: async () => Buffer.from(Array.from({ length: lineCount }, (_, at) => `${line(at)}\n`).join('')),
    async check(delivered) {
      const lines = delivered.toString('utf8').split('\n')
      expect(lines).toHaveLength(lineCount + 1)
      for (let at = 0; at < lineCount; at++)
        if (lines[at] !== translated(line(at))) expect(lines[at]).toBe(translated(line(at)))
    },
  },
]

describe.each(kinds)('$name', ({ file, content, check }) => {
  let provider: TranslationProvider
  let server: ServerProcess
  let account: Account
  let memory: ReturnType<typeof watchMemory>
  let projectId: string
  let pairs: Pair[] = []

  beforeAll(async () => {
    provider = await startTranslationProvider()
    server = await startServerProcess({ environment: { ...provider.environment, ...heapLimit } })
    memory = watchMemory(() => server.pid)
    account = await signUp(server.url)
  })
  afterAll(async () => {
    memory?.stop()
    account?.close()
    await server?.close()
    await provider?.close()
  })

  const textOf = async (rewriteId: string): Promise<string> =>
    (await account.client.stages.version.query({ rewriteId })).text
  const currentText = async (stage: string): Promise<string> => {
    const { state } = await account.client.projects.get.query({ projectId })
    return textOf(state.stages.find(({ key }) => key === stage)!.current!.id)
  }
  const run = (stage: string, more: { continueFrom?: string } = {}) =>
    account.client.tasks.create.mutate({ projectId, stages: [stage], ...more })
  const stageRun = async (taskId: string) => (await account.client.tasks.get.query({ taskId })).stages[0]!

  it('PL24 is uploaded and taken apart', async () => {
    const answer = await fetch(`${server.url}/files?name=${file}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${account.apiKey}` },
      body: Buffer.from(await content()),
    })
    expect(answer.status).toBe(201)
    const { id: fileId } = (await answer.json()) as { id: string }
    ;({ projectId } = await account.client.projects.create.mutate({
      pipeline: 'document',
      input: { fileId, to: 'zh-CN' },
    }))
    const { taskId } = await run('extract')
    expect(await account.client.finished(taskId)).toMatchObject({ status: 'completed' })
  })

  it('PL26 killed in the middle of its translation, it asks for no segment again that was whole', async () => {
    const { segments } = JSON.parse(await currentText('extract')) as { segments: unknown[] }
    const batches = Math.ceil(segments.length / 40)
    const { taskId } = await run('translate')
    const watching = watchProgress(() => stageRun(taskId), provider.asked)
    await provider.askedTimes(Math.ceil(batches / 3))
    const { rewriteId } = await stageRun(taskId)
    const seen = wholePairs(await textOf(rewriteId!))
    await server.kill()
    const before = provider.asked().length
    await server.start()
    await provider.askedTimes(before + Math.max(1, Math.floor(batches / 3)))
    const beforeStop = provider.asked().length
    await account.client.tasks.cancel.mutate({ taskId })
    expect(await account.client.finished(taskId)).toMatchObject({ status: 'cancelled' })
    const looks = await watching.stop()
    const stopped = await stageRun(taskId)
    expect(stopped).toMatchObject({ ending: 'stopped', attempt: 2 })
    const text = await textOf(stopped.rewriteId!)
    const again = provider.asked().slice(before, beforeStop).flat()
    const whole = wholePairs(text)
    expect(Math.min(...again)).toBeGreaterThan(seen.at(-1)!.number)
    expect(new Set(again).size).toBe(again.length)
    const asked = provider.asked().flat()
    const repeated = asked.filter((number, at) => asked.indexOf(number) !== at)
    // At most the batch that was under way: its rows had not come.
    expect(repeated.length).toBeLessThanOrEqual(40)
    expect(looks.length).toBeGreaterThan(0)
    expectProgress([...looks, lookAt(stopped.progress!, provider.asked())], segments.length)

    const beforeGoingOn = provider.asked().length
    const { taskId: goingOn } = await run('translate', { continueFrom: stopped.rewriteId! })
    expect(await account.client.finished(goingOn)).toMatchObject({ status: 'completed' })
    const last = whole.at(-1)!.number
    expect(Math.min(...provider.asked().slice(beforeGoingOn).flat())).toBe(last + 1)
    pairs = wholePairs(await currentText('translate'))
    expect(pairs.map(({ number }) => number)).toEqual(segments.map((_, at) => at + 1))
    expect(pairs.every(({ source, target }) => target === translated(source))).toBe(true)
    console.log(
      `progress was told ${looks.length} times, ${new Set(looks.map(({ progress }) => progress)).size} different`,
    )
    console.log(`${segments.length} segments, ${provider.asked().length} calls, ${repeated.length} asked for twice`)
  })

  it('PL29 is delivered whole, in bounded memory', async () => {
    const { taskId } = await run('deliver')
    expect(await account.client.finished(taskId)).toMatchObject({ status: 'completed' })
    const { files } = await account.client.tasks.get.query({ taskId })
    const answer = await fetch(`${server.url}/files/${files[0]!.id}`, {
      headers: { authorization: `Bearer ${account.apiKey}` },
    })
    expect(answer.status).toBe(200)
    await check(Buffer.from(await answer.arrayBuffer()))
    const most = memory.stop()
    console.log(`the server took ${Math.round(most / mebibyte)} MiB at most`)
    if (isFull) expect(most).toBeLessThan(mostBytes)
  })
})

type Pair = { number: number; source: string; target: string }

/** Those whose row is closed; a row stands on a line of its own. */
function wholePairs(text: string): Pair[] {
  return text.split('\n').flatMap((row) => {
    try {
      return row.startsWith('{"number"') ? [JSON.parse(row.replace(/,$/, '')) as Pair] : []
    } catch {
      return []
    }
  })
}

/** How far the stage said it was, in per cent; and what had been asked for by then. */
type Look = {
  atMs: number
  progress: number
  /** Segments before the call that was under way, and with it. */
  askedBefore: number
  askedUpTo: number
}

function lookAt(progress: number, asked: number[][]): Look {
  const [first = 1] = asked.at(-1) ?? []
  return { atMs: performance.now(), progress, askedBefore: first - 1, askedUpTo: Math.max(0, ...(asked.at(-1) ?? [])) }
}

/** An answer about a task that runs may be 2 s old (decision 14), and a checkpoint is stored with a tick of its text. */
const lateMs = 3_000 * counts.patience

/** It never falls, never runs ahead of what was asked for, and is never far behind what was answered. */
function expectProgress(looks: readonly Look[], segments: number): void {
  const percentOf = (count: number): number => (100 * count) / segments
  // Any other is over before anybody has looked often.
  if (segments > 100_000) expect(new Set(looks.map(({ progress }) => progress)).size).toBeGreaterThan(5)
  for (const [at, look] of looks.entries()) {
    expect(look.progress).toBeGreaterThanOrEqual(looks[at - 1]?.progress ?? 0)
    expect(look.progress).toBeLessThanOrEqual(percentOf(look.askedUpTo) + 1)
    const earlier = looks.findLast(({ atMs }) => atMs <= look.atMs - lateMs)
    expect(look.progress).toBeGreaterThanOrEqual(percentOf(earlier?.askedBefore ?? 0) - 1)
  }
  // At the end nothing is on its way any more.
  const last = looks.at(-1)!
  expect(last.progress).toBeGreaterThanOrEqual(percentOf(last.askedBefore) - 1)
}

function watchProgress(
  look: () => Promise<{ progress: number | null }>,
  asked: () => number[][],
): { stop(): Promise<Look[]> } {
  const looks: Look[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      // While the server is down nothing is said.
      const progress = (await look().catch(() => null))?.progress ?? null
      if (progress !== null) looks.push(lookAt(progress, asked()))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })()
  return {
    async stop() {
      isOver = true
      await watching
      return looks
    },
  }
}
