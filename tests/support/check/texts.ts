import { createHash } from 'node:crypto'
import type { Run } from './run.ts'
import type { CallRow, RewriteRow } from '../runRows.ts'
import type { ProviderRequest } from '../storyProvider.ts'

/** A call's row is written by the database's clock, its request is stamped by ours. */
const clockToleranceMs = 100

/**
 * I2: the stored text is, span by span, what the provider says it sent to the attempt recorded for the span; a text that
 * is not complete is an exact prefix of it.
 */
export function checkTexts({ rows, requests }: Pick<Run, 'rows' | 'requests'>): string[] {
  const { ofCall, strays } = tieRequests(rows.calls, requests)
  const texts = rows.rewrites.filter((rewrite) => rewrite.text !== null)
  return [...strays, ...texts.flatMap((rewrite) => [...checkHash(rewrite), ...checkSpans(rewrite, rows.calls, ofCall)])]
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** The requests that were recorded as a call, by the call's id. */
export type Tied = Map<string, ProviderRequest[]>

/**
 * Messages and time tie a request to the call it was recorded as: an attempt that repeats a call begins after the one
 * before it is dead, so the newest request belongs to the newest call that began before it, and so on backwards.
 */
export function tieRequests(
  calls: readonly CallRow[],
  requests: readonly ProviderRequest[],
): { ofCall: Tied; strays: string[] } {
  const byMessages = Map.groupBy(calls, (call) => keyOf(call.messages as ProviderRequest['messages']))
  const ofCall: Tied = new Map()
  const strays: string[] = []
  for (const request of requests.toReversed()) {
    const before = (byMessages.get(keyOf(request.messages)) ?? []).filter(
      ({ startedAt }) => startedAt.getTime() <= request.receivedAtMs + clockToleranceMs,
    )
    const call = before.findLast(({ id }) => !ofCall.has(id)) ?? before.at(-1)
    if (call === undefined)
      strays.push(
        `I2 the provider was asked something that no call says: ${JSON.stringify(request.messages).slice(-200)}`,
      )
    else ofCall.set(call.id, [request, ...(ofCall.get(call.id) ?? [])])
  }
  return { ofCall, strays }
}

function keyOf(messages: ProviderRequest['messages']): string {
  return JSON.stringify(messages.map(({ role, content }) => [role, content]))
}

function checkHash({ id, text, sha256: stored, length }: RewriteRow): string[] {
  const found: string[] = []
  if (text!.length !== length)
    found.push(`I2 rewrite ${id} is said to have ${length} code units and has ${text!.length}`)
  if (sha256(text!) !== stored) found.push(`I2 the hash of rewrite ${id} is not that of its text`)
  return found
}

function checkSpans(rewrite: RewriteRow, calls: readonly CallRow[], ofCall: Tied): string[] {
  const found: string[] = []
  const note = (words: string): void =>
    void found.push(`I2 rewrite ${rewrite.id} (${rewrite.stageKey} of task ${rewrite.taskId}) ${words}`)
  const { spans, text } = rewrite
  if (spans[0]?.from !== 0) note('has no span at its start')
  for (const [index, span] of spans.entries()) {
    const next = spans[index + 1]
    const stored = text!.slice(span.from, next?.from)
    const asked = calls
      .filter(
        (call) => call.taskId === rewrite.taskId && call.stageKey === rewrite.stageKey && call.attempt === span.attempt,
      )
      .flatMap((call) => ofCall.get(call.id) ?? [])
    const sent = asked.map((request) => request.sentText).join('')
    const isExact = normalise(sent) === stored
    const isPrefix = normalise(sent.slice(0, stored.length)) === stored
    if (next === undefined && rewrite.ending === 'complete') {
      if (!isExact) note(`is not what was sent to attempt ${span.attempt}: ${describeDifference(stored, sent)}`)
      if (asked.at(-1)?.isWhole !== true) note('is called complete, and the provider never finished')
    } else if (!isPrefix)
      note(`has from ${span.from} on what was not sent to attempt ${span.attempt}: ${describeDifference(stored, sent)}`)
  }
  return found
}

/** The one change that the product makes to a text: what no database stores. */
function normalise(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

function describeDifference(stored: string, sent: string): string {
  let at = 0
  while (at < stored.length && stored[at] === sent[at]) at += 1
  const show = (text: string): string => JSON.stringify(text.slice(at, at + 30))
  return `at ${at} of ${stored.length} stored and ${sent.length} sent: ${show(stored)} instead of ${show(sent)}`
}
