import type { Config } from '../config.ts'
import { note, well, wordsOf, wrong, type Finding } from './finding.ts'

const answerWithinMs = 3_000

/** `away`: nobody answers at the address of the settings, which is no fault where none should run here. */
export type Answering = 'ready' | 'notReady' | 'away'

export async function askServer({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Answering> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  try {
    const answer = await fetch(`http://${name}:${port}/health/ready`, { signal: AbortSignal.timeout(answerWithinMs) })
    const { status } = (await answer.json()) as { status?: unknown }
    return answer.ok && status === 'ready' ? 'ready' : 'notReady'
  } catch (error) {
    return wordsOf(error) === 'fetch failed' ? 'away' : 'notReady'
  }
}

export function describeAnswer(answering: Answering, { host, port }: Pick<Config, 'host' | 'port'>): Finding {
  const address = `${host}:${port}`
  switch (answering) {
    case 'ready':
      return well('server', `The server at ${address} is ready.`)
    case 'notReady':
      return wrong('server', `The server at ${address} answers, but is not ready: look at its log.`)
    case 'away':
      return note('server', `No server answers at ${address}. That is well if none is meant to run here.`)
  }
}
