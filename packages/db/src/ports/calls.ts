import type { Database, Tx } from '@stagewright/core'
import { assignmentsOf } from './rows.ts'
import { callShape } from './shapes.ts'
import type { DeferredWrites } from './deferredWrites.ts'
import { change, requireOne, type Sql } from './sql.ts'

type CallWrites = Pick<Database, 'insertCall' | 'endCall'>

export function callWrites(sql: Sql): CallWrites {
  return {
    async insertCall(call) {
      await sql.call.createMany({ data: { ...call, messages: [...call.messages] } })
    },
    async endCall(callId, ending) {
      const { statement, params } = endingOf(callId, ending)
      requireOne(await change(sql, statement, params), 'call', callId)
    },
  }
}

/** As `endCall`, with the other writes of a transaction. */
export async function endCallDeferred(
  deferred: DeferredWrites,
  ...[callId, ending]: Parameters<Tx['endCall']>
): Promise<void> {
  await deferred.add({ row: `calls ${callId}`, ...endingOf(callId, ending), mustFind: { what: 'call', id: callId } })
}

function endingOf(callId: string, ending: Parameters<Tx['endCall']>[1]): { statement: string; params: unknown[] } {
  const { set, params } = assignmentsOf(callShape, { ...ending, endedAt: 'now' }, [callId])
  return { statement: `UPDATE calls SET ${set} WHERE id = $1::uuid`, params }
}
