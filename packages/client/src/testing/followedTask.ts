/** A task of one text, servers that tell it, and a client that follows it. */
import { createHash } from 'node:crypto'
import type { FeedEvent, FeedView, FollowedEvent } from '@stagewright/core'
import { onTestFinished } from 'vitest'
import { createClient, type FollowOptions } from '../createClient.ts'
import type { StudioOptions } from '../links.ts'
import { startScriptedServer, type Script, type ScriptedServer } from './scriptedServer.ts'

export const text = 'Once 字🎬.'
export const open = (words: string, from = 0): FeedEvent => ({
  type: 'open',
  rewriteNo: 1,
  rewriteId: 'r',
  stage: 'rewrite',
  attempt: 1,
  from,
  text: words,
  closed: null,
})
export const closed: FeedEvent = {
  type: 'closed',
  rewriteNo: 1,
  attempt: 1,
  length: text.length,
  ending: 'complete',
  sha256: createHash('sha256').update(text).digest('hex'),
}
export const end: FeedEvent = {
  type: 'end',
  taskId: 't',
  status: 'completed',
  failure: null,
  rewrites: [],
  usage: { promptTokens: 1, completionTokens: 1, estimated: false },
}
export const at = (cursor: string, event: FeedEvent): FollowedEvent => ({ cursor, event })

/** The whole text in order, and the end. */
export const whole: Script = (stream) => {
  stream.connect()
  stream.send(at('a', open(text)), at('b', closed), at('c', end))
}

export async function serve(...scripts: [Script, ...Script[]]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...scripts)
  onTestFinished(() => server.close())
  return server
}

/** The last view of a task, and the repairs on the way to it. */
export async function follow({ url }: ScriptedServer, given: FollowOptions = {}, options: Partial<StudioOptions> = {}) {
  const repairs: string[] = []
  const views: FeedView[] = []
  for await (const view of createClient({ url, ...options }).follow('t', {
    onRepair: (reason) => repairs.push(reason),
    ...given,
  }))
    views.push(view)
  return { text: views.at(-1)?.current?.text, repairs }
}
