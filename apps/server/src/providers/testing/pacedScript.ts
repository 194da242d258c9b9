import { setTimeout as pause } from 'node:timers/promises'
import type { Exchange, ReceivedRequest } from './exchange.ts'
import type { Script } from './scriptedProvider.ts'

export type Pace = {
  tokens: number
  /** Infinity: as fast as the socket takes them. */
  tokensPerSecond: number
  firstTokenMs?: number
  /** The token at an index (from 0); by default one that tells the request and the index, with two scripts in it. */
  tokenOf?: (request: ReceivedRequest, index: number) => string
}

/** A script for an ordinary call: so many tokens at a steady rate, then the finish reason and the usage. */
export function pacedScript(pace: Pace): Script {
  const tokenOf = pace.tokenOf ?? describeToken
  return (exchange) => playTokens(exchange, pace, (index) => tokenOf(exchange.request, index))
}

/** A script that sends a text of the test's choice in tokens of about four characters, at a steady rate. */
export function pacedText(
  textOf: (request: ReceivedRequest) => string,
  pace: Omit<Pace, 'tokens' | 'tokenOf'> & { tokenLength?: number },
): Script {
  return (exchange) => {
    const text = textOf(exchange.request)
    const length = pace.tokenLength ?? 4
    const at = (index: number) => text.slice(index * length, (index + 1) * length)
    return playTokens(exchange, { ...pace, tokens: Math.ceil(text.length / length) }, at)
  }
}

async function playTokens(exchange: Exchange, pace: Pace, tokenAt: (index: number) => string): Promise<void> {
  await exchange.head()
  // From the clock, not by adding pauses up: a late timer must not slow the rate down.
  const startMs = performance.now() + (pace.firstTokenMs ?? 0)
  for (let index = 0; index < pace.tokens && !exchange.isClosed; index++) {
    const dueInMs = startMs + (index * 1000) / pace.tokensPerSecond - performance.now()
    if (dueInMs >= 1) await Promise.race([pause(dueInMs), exchange.closed])
    await exchange.text(tokenAt(index))
  }
  await exchange.finish()
  await exchange.usage(Math.ceil(exchange.request.body.length / 4), pace.tokens)
  await exchange.done()
  await exchange.end()
}

function describeToken(request: ReceivedRequest, index: number): string {
  return `r${request.number}t${index}字🎬 `
}
