import { isDelta } from '@stagewright/core'
import type { Run } from './run.ts'
import type { ConnectionRecord, ViewerRecord } from '../viewerRecord.ts'
import { sha256 } from './texts.ts'

/** I3: what each viewer shows in the end is the stored text, and the hash it was told is that of the stored row. */
export function checkViewers({ rows, viewers }: Pick<Run, 'rows' | 'viewers'>): string[] {
  return viewers.flatMap(({ name, taskId, texts }) => {
    const found: string[] = []
    const note = (words: string): void => void found.push(`I3 viewer ${name} of task ${taskId} ${words}`)
    const stored = rows.rewrites.filter((rewrite) => rewrite.taskId === taskId)
    if (texts.length !== stored.length) note(`has ${texts.length} texts; ${stored.length} are stored`)
    for (const rewrite of stored) {
      const shown = texts.find((text) => text.rewriteId === rewrite.id)
      if (shown === undefined) note(`never saw rewrite ${rewrite.no}`)
      else if (shown.text !== rewrite.text)
        note(`shows another text of rewrite ${rewrite.no}: ${shown.text.length} code units of ${rewrite.length}`)
      else if (shown.sha256 !== rewrite.sha256 || sha256(shown.text) !== rewrite.sha256)
        note(`was told the hash ${shown.sha256} of rewrite ${rewrite.no}; stored is ${rewrite.sha256}`)
    }
    return found
  })
}

type Held = { attempt: number; length: number }

/**
 * I3, of what came on the wire: on each connection the text of a rewrite goes on where it stood, without a gap and
 * without a repeat; a new connection goes on where the one before it ended; a newer attempt is told by `reset`.
 */
export function checkConnections(viewers: readonly ViewerRecord[]): string[] {
  return viewers.flatMap((viewer) => {
    const held = new Map<number, Held>()
    return viewer.connections.flatMap((connection, index) =>
      checkConnection(connection, held).map(
        (words) => `I3 viewer ${viewer.name} of task ${viewer.taskId}, connection ${index + 1}: ${words}`,
      ),
    )
  })
}

/** `held` is what the viewer has of each rewrite; it is brought up to date. */
function checkConnection(connection: ConnectionRecord, held: Map<number, Held>): string[] {
  const found: string[] = []
  const named = new Set<number>()
  let hasEnded = false
  for (const { event } of connection) {
    if (hasEnded) found.push('something came after the end')
    if (isDelta(event)) {
      const [no, offset, text] = event
      const place = held.get(no)
      if (place === undefined || !named.has(no)) found.push(`a delta of rewrite ${no}, which was not named`)
      else if (offset !== place.length)
        found.push(`a delta of rewrite ${no} at ${offset} where ${place.length} was held`)
      held.set(no, { attempt: place?.attempt ?? 0, length: offset + text.length })
      continue
    }
    if (event.type === 'end') hasEnded = true
    if (event.type !== 'open' && event.type !== 'reset' && event.type !== 'closed') continue
    const { rewriteNo: no, attempt } = event
    const place = held.get(no)
    if (event.type === 'open') {
      if (place !== undefined && place.length > 0 && attempt > place.attempt)
        found.push(`rewrite ${no} went on under attempt ${attempt} without a reset`)
      else if (event.from !== (place?.length ?? 0))
        found.push(`rewrite ${no} was opened at ${event.from} where ${place?.length ?? 0} was held`)
      const length = event.from + event.text.length
      held.set(no, { attempt, length })
      named.add(no)
      if (event.closed !== null && event.closed.length !== length)
        found.push(`rewrite ${no} was opened whole at ${length}, and closed at ${event.closed.length}`)
    } else if (event.type === 'reset') {
      if (place === undefined || event.keepUpTo > place.length)
        found.push(`rewrite ${no} was cut to ${event.keepUpTo} where ${place?.length ?? 0} was held`)
      if (place !== undefined && attempt < place.attempt) found.push(`rewrite ${no} fell back to attempt ${attempt}`)
      held.set(no, { attempt, length: event.keepUpTo })
      named.add(no)
    } else if (place === undefined || event.length !== place.length || attempt !== place.attempt)
      found.push(
        `rewrite ${no} closed at ${event.length} of attempt ${attempt} where ${place?.length ?? 0} of ${place?.attempt} was held`,
      )
  }
  return found
}
