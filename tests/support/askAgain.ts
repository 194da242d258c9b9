import { setTimeout as pause } from 'node:timers/promises'
import { TRPCClientError } from '@stagewright/client'

const pauseMs = 50

/** What a service does whose server went away before it answered, or told it to try again; other refusals are thrown. */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error)) throw error
      await pause(pauseMs)
    }
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof TRPCClientError)) return false
  const facts = error.data as { appCode?: string } | undefined
  return facts === undefined || facts.appCode === 'server.busy'
}
