/** Every procedure of the router, whoever calls it and with whatever: a procedure without an example here fails. */
import { appRouter } from '@stagewright/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from './testing/openServer.ts'

type Procedure = { _def: { type: 'query' | 'mutation' | 'subscription' } }
type Answer = { status: number; appCode: string | null; body: string }

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>)

let server: OpenServer
let owner: Account
let other: Account
let examples: Record<
  string,
  { input: unknown; /** What somebody else is answered. */ other: 'notFound' | 'own' | 'forbidden'; isOpen?: true }
>

beforeAll(async () => {
  server = await openServer()
  owner = await server.signUp('owner@example.com')
  other = await server.signUp('other@example.com')
  const { projectId } = await owner.client.projects.create.mutate({ pipeline: 'story', input: { text: 'A topic' } })
  const { rewriteId } = await owner.client.stages.edit.mutate({
    projectId,
    stage: 'rewrite',
    text: 'Mine.',
    baseRewriteId: null,
  })
  const { taskId } = await owner.client.tasks.create.mutate({ projectId, stages: ['storyboard'] })
  const processor = { pipeline: 'story', stage: 'storyboard', url: 'https://processor.invalid' }
  const { id: processorId } = await owner.client.processors.create.mutate(processor)
  const { id: webhookId } = await owner.client.webhooks.create.mutate({
    url: 'https://hooks.invalid/Mine.',
    events: ['task.completed'],
  })
  const [key] = await owner.client.apiKeys.list.query()
  const stage = { projectId, stage: 'rewrite' }
  examples = {
    'projects.create': { input: { pipeline: 'story', input: { text: 'x' } }, other: 'own' },
    'projects.get': { input: { projectId }, other: 'notFound' },
    'projects.list': { input: {}, other: 'own' },
    'projects.update': { input: { projectId, title: 'Theirs' }, other: 'notFound' },
    'projects.remove': { input: { projectId }, other: 'notFound' },
    'projects.export': { input: { projectId, format: 'md', rewriteId }, other: 'notFound' },
    'projects.undoRemove': { input: { projectId }, other: 'notFound' },
    'stages.versions': { input: stage, other: 'notFound' },
    'stages.version': { input: { rewriteId }, other: 'notFound' },
    'stages.edit': { input: { ...stage, text: 'Theirs.', baseRewriteId: rewriteId }, other: 'notFound' },
    'stages.restore': { input: { rewriteId }, other: 'notFound' },
    'stages.cached': { input: stage, other: 'notFound' },
    'stages.accept': { input: stage, other: 'notFound' },
    'stages.lock': { input: { ...stage, locked: true }, other: 'notFound' },
    'stages.draft': { input: stage, other: 'notFound' },
    'stages.saveDraft': { input: { ...stage, text: 'Theirs.', baseRewriteId: null }, other: 'notFound' },
    'tasks.create': { input: { projectId, stages: ['rewrite'] }, other: 'notFound' },
    'tasks.estimate': { input: { projectId, stages: ['rewrite'] }, other: 'notFound' },
    'tasks.cancel': { input: { taskId }, other: 'notFound' },
    'tasks.retry': { input: { taskId }, other: 'notFound' },
    'tasks.resume': { input: { taskId }, other: 'notFound' },
    'tasks.remove': { input: { taskId }, other: 'notFound' },
    'tasks.get': { input: { taskId }, other: 'notFound' },
    'tasks.list': { input: {}, other: 'own' },
    'tasks.follow': { input: { taskId }, other: 'notFound' },
    'tasks.poll': { input: { taskId }, other: 'notFound' },
    'live.follow': { input: { projectId }, other: 'notFound' },
    'live.poll': { input: { projectId }, other: 'notFound' },
    'processors.list': { input: undefined, other: 'forbidden' },
    'processors.create': { input: { ...processor, stage: 'camera' }, other: 'forbidden' },
    'processors.update': { input: { id: processorId, active: false }, other: 'forbidden' },
    'processors.remove': { input: { id: processorId }, other: 'forbidden' },
    'processors.test': { input: { id: processorId }, other: 'forbidden' },
    'webhooks.list': { input: undefined, other: 'own' },
    'webhooks.create': { input: { url: 'https://hooks.example.com', events: ['task.failed'] }, other: 'own' },
    'webhooks.remove': { input: { id: webhookId }, other: 'notFound' },
    'webhooks.deliveries': { input: { id: webhookId }, other: 'notFound' },
    'apiKeys.list': { input: undefined, other: 'own' },
    'apiKeys.create': { input: { name: 'theirs' }, other: 'own' },
    'apiKeys.revoke': { input: { id: key!.id }, other: 'notFound' },
    'server.about': { input: undefined, other: 'own', isOpen: true },
    'server.pipelines': { input: undefined, other: 'own', isOpen: true },
  }
}, 60_000)

afterAll(() => server?.close())

async function call(
  name: string,
  procedure: Procedure,
  input: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const { type } = procedure._def
  const query = type === 'mutation' || input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
  const answer = await fetch(`${server.url}/trpc/${name}${query}`, {
    method: type === 'mutation' ? 'POST' : 'GET',
    headers: {
      ...headers,
      ...(type === 'mutation' ? { 'content-type': 'application/json' } : {}),
      ...(type === 'subscription' ? { accept: 'text/event-stream' } : {}),
    },
    ...(type === 'mutation' ? { body: JSON.stringify(input ?? null) } : {}),
    signal: AbortSignal.timeout(10_000),
  })
  const body = type === 'subscription' && answer.ok ? await readRefusal(answer) : await answer.text()
  const appCode = /"appCode":"([^"]+)"/.exec(body)?.[1] ?? null
  return { status: answer.status, appCode, body }
}

/** A stream says no in its first events. */
async function readRefusal(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of answer.body!) {
    text += decoder.decode(piece, { stream: true })
    if (text.includes('serialized-error') && text.endsWith('\n\n')) break
    if (/"type":"(state|workspace)"/.test(text)) break
  }
  return text
}

describe('every procedure', () => {
  it('A1 has an example here', () => {
    expect(Object.keys(examples).toSorted()).toEqual(procedures.map(([name]) => name).toSorted())
  })

  it.each(procedures)('A2 %s refuses a stranger', async (name, procedure) => {
    const answer = await call(name, procedure, examples[name]!.input, {})
    if (examples[name]!.isOpen) expect(answer.status).toBe(200)
    else expect(answer).toMatchObject({ appCode: 'auth.required' })
  })

  it.each(procedures)('A3 %s shows another user nothing of the owner', async (name, procedure) => {
    const headers = { authorization: `Bearer ${other.apiKey}` }
    const answer = await call(name, procedure, examples[name]!.input, headers)
    if (examples[name]!.other === 'notFound') expect(answer.appCode).toBe('notFound')
    else if (examples[name]!.other === 'forbidden') expect(answer.appCode).toBe('auth.forbidden')
    else expect(answer.status).toBe(200)
    expect(answer.body).not.toContain('Mine.')
  })

  it.each(procedures)(
    'A4 %s answers rubbish with a typed 4xx',
    async (name, procedure) => {
      if (examples[name]!.input === undefined) return
      const headers = { authorization: `Bearer ${owner.apiKey}` }
      for (const rubbish of [
        null,
        7,
        'x',
        [],
        { [String(Math.random())]: 1 },
        ...spoil(examples[name]!.input, procedure._def.type),
      ]) {
        const answer = await call(name, procedure, rubbish, headers)
        const isRefusedInStream = procedure._def.type === 'subscription' && answer.body.includes('"httpStatus":4')
        const isFine = answer.status === 200 && answer.appCode === null
        expect(
          isFine || isRefusedInStream || (answer.status >= 400 && answer.status < 500 && answer.appCode !== null),
          `${JSON.stringify(rubbish)} → ${answer.status} ${answer.body}`,
        ).toBe(true)
      }
    },
    30_000,
  )

  it('A5 made no fault of ours on the way', () => {
    expect(server.logged().filter((line) => line.includes('"level":50'))).toEqual([])
  })
})

/** The example with each field in turn made wrong. */
function spoil(input: unknown, type: Procedure['_def']['type']): unknown[] {
  // What travels in an address is bounded by HTTP itself.
  const long = 'x'.repeat(type === 'mutation' ? 60_000 : 8_000)
  const wrong = [null, -1, '', '\0', '00000000-0000-4000-8000-000000000000', long, {}, ['\ud800']]
  return Object.keys(input as object).flatMap((field) =>
    wrong.map((value) => ({ ...(input as object), [field]: value })),
  )
}
