// Has a story written, shows it while it is written, and prints what became of it.
//
//   STAGEWRIGHT_KEY=sw_… node index.ts "The lighthouse keeper's letter"
import { createClient, TRPCClientError, type AppRouter, type Client } from '@stagewright/client'

const { STAGEWRIGHT_URL = 'http://127.0.0.1:3000', STAGEWRIGHT_KEY } = process.env
const topic = process.argv[2] ?? 'A lighthouse keeper finds a letter addressed to the sea.'

/** Writes what is new of each stage's text, until the task's end. */
async function showLive(studio: Client, taskId: string, signal: AbortSignal): Promise<void> {
  const shown = new Map<number, string>()
  const onConnection = (state: string): void => {
    if (state === 'away') process.stderr.write('\n[the connection is lost; coming back]\n')
  }
  // Every view is the whole so far. Whatever breaks meanwhile, the loop goes on where it was.
  for await (const { texts } of studio.follow(taskId, { signal, onConnection })) {
    for (const { rewriteNo, stage, text } of texts.values()) {
      const known = shown.get(rewriteNo)
      // A server that broke down in the middle may write a text anew, from where it had it safe.
      const goesOn = known !== undefined && text.startsWith(known)
      if (!goesOn) process.stdout.write(`\n=== ${stage}${known === undefined ? '' : ', written anew'} ===\n`)
      process.stdout.write(goesOn ? text.slice(known.length) : text)
      shown.set(rewriteNo, text)
    }
  }
}

async function main(apiKey: string): Promise<void> {
  const studio = createClient({ url: STAGEWRIGHT_URL, apiKey })
  const leaving = new AbortController()
  process.once('SIGINT', () => leaving.abort())

  const { projectId } = await studio.projects.create.mutate({ pipeline: 'story', input: { text: topic } })
  const { taskId } = await studio.tasks.create.mutate({ projectId, stages: ['rewrite', 'storyboard'] })
  await showLive(studio, taskId, leaving.signal)
  // Whoever stops watching cancels nothing: the task goes on, and can be followed again.
  if (leaving.signal.aborted) return console.log(`\n\nTask ${taskId} goes on without us.`)

  const task = await studio.finished(taskId)
  console.log(`\n\nTask ${task.id} is ${task.status}, after ${task.usage.completionTokens} tokens.`)
  for (const { key, status, length, summary } of task.stages)
    console.log(`- ${key}: ${status}, ${length} characters, ${summary}`)
  if (task.error !== null) process.exitCode = 1
}

/** Codes never change their meaning, so a service can decide by them. */
function explain(error: unknown): string {
  const data = error instanceof TRPCClientError ? (error as TRPCClientError<AppRouter>).data : null
  if (data?.appCode === 'auth.required') return 'The API key is not good: it was mistyped, revoked, or has expired.'
  return error instanceof Error ? `${data?.appCode ?? 'failed'}: ${error.message}` : String(error)
}

if (STAGEWRIGHT_KEY === undefined) {
  console.error('Set STAGEWRIGHT_KEY to an API key; README.md says how to make one.')
  process.exitCode = 1
} else {
  await main(STAGEWRIGHT_KEY).catch((error: unknown) => {
    console.error(explain(error))
    process.exitCode = 1
  })
}
