import type { CallEvent, CallOutcome } from '@stagewright/core'

export type CollectedCall = { events: CallEvent[]; text: string; reasoning: string; outcome: CallOutcome }

/** Reads a call to its end. `onEvent` sees each event before the next is asked for. */
export async function collectCall(
  stream: AsyncGenerator<CallEvent, CallOutcome>,
  onEvent: (event: CallEvent) => Promise<void> | void = () => undefined,
): Promise<CollectedCall> {
  const events: CallEvent[] = []
  for (;;) {
    const step = await stream.next()
    if (step.done === true)
      return { events, text: join(events, 'text'), reasoning: join(events, 'reasoning'), outcome: step.value }
    events.push(step.value)
    await onEvent(step.value)
  }
}

function join(events: readonly CallEvent[], type: 'text' | 'reasoning'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('')
}
