// Does a stage outside of Stagewright: takes signed jobs, says how far it is, and answers with a text.
//
//   PROCESSOR_SECRET=whsec_… node index.ts
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'

const { PROCESSOR_SECRET, PORT = '4000', STEP_MS = '500' } = process.env

type Job = { outsideTaskId: string; title: string; input: string; instructions: string[]; callbackUrl: string }
type Message = { type: string; data: Job }
type Saying =
  | { type: 'progress'; fraction: number; message: string }
  | { type: 'result'; text: string }
  | { type: 'failure'; message: string; retryable: boolean }

/** Jobs that are being done, by their outside task: the same message may come more than once. */
const working = new Map<string, AbortController>()
const largestJobBytes = 16 * 1_024 * 1_024

/** The work itself, in a place of its own: put yours here. */
async function work(job: Job, tell: (saying: Saying) => Promise<void>, signal: AbortSignal): Promise<string> {
  const sentences = job.input.match(/[^.!?。！？]+[.!?。！？]*/gu) ?? [job.input]
  const paragraphs: string[] = []
  for (const [index, sentence] of sentences.entries()) {
    await sleep(Number(STEP_MS), undefined, { signal })
    paragraphs.push(sentence.trim())
    await tell({ type: 'progress', fraction: (index + 1) / sentences.length, message: `sentence ${index + 1}` })
  }
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')
}

/** Signs what is said and sends it until it is taken. One id for all tries: it has one effect however often it comes. */
async function say(secret: string, job: Job, saying: Saying): Promise<void> {
  const id = randomUUID()
  const body = JSON.stringify({ ...saying, outsideTaskId: job.outsideTaskId })
  for (let waitMs = 500; ; waitMs *= 2) {
    const now = new Date()
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    }
    const answer = await fetch(job.callbackUrl, { method: 'POST', headers, body }).catch(() => null)
    if (answer?.ok) return console.log(`${job.outsideTaskId}: ${saying.type}, ${await answer.text()}`)
    const isFinal = answer !== null && answer.status < 500 && answer.status !== 429
    if (isFinal || waitMs > 60_000)
      throw new Error(`The ${saying.type} was not taken (${answer?.status ?? 'no answer'}).`)
    await sleep(waitMs)
  }
}

async function doJob(secret: string, job: Job, stopping: AbortController): Promise<void> {
  const { signal } = stopping
  try {
    const text = await work(job, (saying) => say(secret, job, saying), signal)
    await say(secret, job, { type: 'result', text })
  } catch (error) {
    if (signal.aborted) return console.log(`${job.outsideTaskId}: stopped`)
    console.error(`${job.outsideTaskId}: ${String(error)}`)
    await say(secret, job, { type: 'failure', message: String(error), retryable: true }).catch(() => undefined)
  }
}

function follow(secret: string, { type, data }: Message): void {
  const known = working.get(data.outsideTaskId)
  if (type === 'task.cancel') return known?.abort()
  if (type !== 'task.job' || known !== undefined) return
  const stopping = new AbortController()
  // It stays among the known ones when it is done: a repeat must not do it again. A real one would forget with time.
  working.set(data.outsideTaskId, stopping)
  void doJob(secret, data, stopping)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > largestJobBytes) throw new Error('The job is too large.')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function serve(secret: string): void {
  const server = createServer((request, reply) => {
    readBody(request)
      // Throws when the signature is not ours, or the message older than five minutes.
      .then((body) => new Webhook(secret).verify(body, request.headers as Record<string, string>) as Message)
      .then((message) => {
        // Answered at once: the work may take longer than anybody waits.
        reply.writeHead(202).end()
        follow(secret, message)
      })
      .catch((error: unknown) => reply.writeHead(400).end(String(error)))
  })
  server.listen(Number(PORT), '127.0.0.1', () => {
    const address = server.address()
    console.log(`Waiting for jobs at http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}/`)
  })
}

if (PROCESSOR_SECRET === undefined) {
  console.error('Set PROCESSOR_SECRET to the secret that the processor was made with; README.md says how.')
  process.exitCode = 1
} else {
  serve(PROCESSOR_SECRET)
}
