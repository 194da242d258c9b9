/** What the tests of transports share: servers that play scripts, and a following of them that ends with event 9. */
import type { FeedEvent, FollowedEvent } from '@stagewright/core'
import { followForever } from '../followForever.ts'
import type { Following, FollowTiming } from '../following.ts'
import { createLinks, type StudioOptions, type Transport } from '../links.ts'
import { serveScripts, type Script, type ScriptedOptions, type ScriptedServer } from './scriptedServer.ts'

export const timing: FollowTiming = {
  deliverWithinMs: 300,
  connectWithinMs: 5_000,
  steadyAfterMs: 1_000,
  betterAgainMs: 100,
}
export const patient: FollowTiming = { ...timing, deliverWithinMs: 5_000, betterAgainMs: 60_000 }
export const at = (cursor: string): FollowedEvent => ({
  cursor,
  event: { type: 'workspace', eventSeq: Number(cursor), tasks: [] },
})
export const last: FollowedEvent = at('9')

/** Comes through, and ends the following. */
export const ends: Script = (stream) => {
  stream.connect()
  stream.send(last)
}

const servers: ScriptedServer[] = []

export async function closeServers(): Promise<void> {
  await Promise.all(servers.map((server) => server.close()))
}

export async function serve(
  script: Script | [Script, ...Script[]],
  options?: ScriptedOptions,
): Promise<ScriptedServer> {
  const server = await serveScripts(Array.isArray(script) ? script : [script], options)
  servers.push(server)
  return server
}

type Given = Partial<Following> & { options?: Partial<StudioOptions>; from?: string | null; silentAfterMs?: number }

/** Follows until event 9, and tells the cursors that came. */
export async function follow({ url }: ScriptedServer, { options, from = null, silentAfterMs, ...given }: Given = {}) {
  const whole: StudioOptions = { url, transport: 'auto', ...options }
  const came: string[] = []
  const states: string[] = []
  let cursor = from
  await followForever(createLinks(whole, silentAfterMs === undefined ? {} : { silentAfterMs }), whole, {
    subject: { type: 'live', projectId: undefined },
    signal: new AbortController().signal,
    timing,
    onConnection: (state) => states.push(state),
    cursor: () => cursor,
    async take(followed) {
      came.push((cursor = followed.cursor))
      return seqOf(followed.event) === 9 ? 'done' : 'goOn'
    },
    ...given,
  })
  return { came, states }
}

function seqOf(event: FeedEvent): number {
  return 'type' in event && event.type === 'workspace' ? event.eventSeq : 0
}

export const usedBy = ({ asked }: ScriptedServer): Transport[] => asked.map(({ transport }) => transport)
