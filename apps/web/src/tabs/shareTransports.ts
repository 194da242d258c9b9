import type { AskPermit, Transport } from '@stagewright/client'
import { holdLock, type Release } from './holdLock.ts'
import { signalWhile, until, type TabVisibility } from './tabVisibility.ts'

/**
 * Over HTTP/1.1 a browser opens six connections to a host, over all tabs, and an event stream holds one for good. Three
 * leave room for what the tabs ask beside. WebSockets are not counted there.
 */
const eventStreams = ['stagewright.sse.1', 'stagewright.sse.2', 'stagewright.sse.3']
const withStream: readonly Transport[] = ['sse', 'webSocket', 'polling']
const withoutStream: readonly Transport[] = ['webSocket', 'polling']

/** Permits an event stream to whom of all tabs holds one of three locks, and the other transports to everybody. */
export function shareTransports(locks: LockManager): AskPermit {
  return async (signal) => {
    const release = await holdOneOf(locks, eventStreams)
    if (signal.aborted) release?.()
    else if (release !== null) signal.addEventListener('abort', release, { once: true })
    return { transports: release === null ? withoutStream : withStream, signal }
  }
}

/** Permits only while the tab is shown: a hidden tab gives its connection up, and has it again when it is shown. */
export function permitWhileShown(tab: TabVisibility, ask: AskPermit): AskPermit {
  return async (signal) => {
    await until('shown', tab, signal)
    return ask(signalWhile('shown', tab, signal))
  }
}

async function holdOneOf(locks: LockManager, names: readonly string[]): Promise<Release | null> {
  for (const name of names) {
    const release = await holdLock(locks, name, { ifAvailable: true })
    if (release !== null) return release
  }
  return null
}
