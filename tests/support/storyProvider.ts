// A provider that writes stories: each request gets a text of its own, right for its stage and full of what a wire
// format or a database might take for syntax. What it sent, request by request, is the reference of the tests.
import {
  pacedText,
  startScriptedProvider,
  type Exchange,
  type ReceivedRequest,
  type ScriptedProvider,
} from '../../apps/server/src/providers/testing/index.ts'
import { createRandom, type Random } from './random.ts'

/** What a provider's log says of one request. */
export type ProviderRequest = {
  messages: readonly { role: string; content: string }[]
  /** Milliseconds since 1970. */
  receivedAtMs: number
  sentText: string
  /** The whole text was sent. */
  isWhole: boolean
  /** When its socket was seen closed, in milliseconds since 1970; null while it is open. */
  closedAtMs: number | null
}

export type StoryPace = {
  /** The length of each text, in tokens of four characters. */
  tokens: number
  tokensPerSecond: number
  firstTokenMs?: number
}

export type StoryProvider = {
  readonly server: ScriptedProvider
  readonly apiKey: string
  /** The settings that make a server use it. */
  readonly environment: Record<string, string>
  /** Of the requests to come. */
  setPace(pace: StoryPace): void
  log(): ProviderRequest[]
  /** All requests with the marker in them so far, in order. */
  requestsOf(marker: string): Exchange[]
  /** The newest request with the marker in it, as soon as there is one after the first `skip`. */
  requestOf(marker: string, skip?: number): Promise<Exchange>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MARKER = /mark-[0-9a-f-]{36}/
const tokenLength = 4

/** Put into a topic, it comes back in every text made from it: so the requests of a task can be told apart. */
export function createMarker(): string {
  return `mark-${crypto.randomUUID()}`
}

/** Starts it on a free port. Texts follow from the seed and the number of the request. */
export async function startStoryProvider(seed: number, pace: StoryPace): Promise<StoryProvider> {
  let present = pace
  const wholes = new Map<number, string>()
  const closings = new Map<number, number>()
  const server = await startScriptedProvider((exchange) => {
    const { request, closed } = exchange
    const whole = writeAnswer(request, createRandom(seed + request.number), present.tokens * tokenLength)
    wholes.set(request.number, whole)
    void closed.then((atMs) => closings.set(request.number, atMs))
    return pacedText(() => whole, { ...present, tokenLength })(exchange)
  })
  const requestsOf = (marker: string): Exchange[] =>
    server.exchanges.filter(({ request }) => request.body.includes(marker))
  const apiKey = `planted-${crypto.randomUUID()}`
  return {
    server,
    apiKey,
    environment: { OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: apiKey, OPENAI_MODEL: 'scripted' },
    setPace: (next) => void (present = next),
    log: () =>
      server.exchanges.map(({ request, sentText }) => ({
        messages: messagesOf(request),
        receivedAtMs: request.receivedAtMs,
        sentText,
        isWhole: sentText === wholes.get(request.number),
        closedAtMs: closings.get(request.number) ?? null,
      })),
    requestsOf,
    async requestOf(marker, skip = 0) {
      for (;;) {
        const found = requestsOf(marker)
        if (found.length > skip) return found.at(-1)!
        await server.exchange(server.exchanges.length + 1)
      }
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function messagesOf(request: ReceivedRequest): ProviderRequest['messages'] {
  return (request.json?.['messages'] ?? []) as ProviderRequest['messages']
}

/** The rules of a stage name the form of its answer; later messages may quote the form of another. */
function writeAnswer(request: ReceivedRequest, random: Random, length: number): string {
  const rules = messagesOf(request)[0]?.content ?? ''
  const opening = `Request ${request.number} of ${MARKER.exec(request.body)?.[0] ?? 'nobody'}. `
  if (rules.includes('{"shots":['))
    return writeRows('shots', opening, { random, length, rest: { narration: 'Said.', seconds: 4 }, field: 'visual' })
  if (rules.includes('{"moves":['))
    return writeRows('moves', opening, { random, length, rest: { move: 'pan', speed: 'slow' }, field: 'prompt' })
  return fill(`# ${opening}\n\n`, length, random)
}

const pieces = [
  '春江潮水连海平，海上明月共潮生。',
  'A line of plain English. ',
  '🌊🚀👩‍🚀𠮷野家',
  '\n\ndata: {"type":"end"}\n\n',
  'id: 7\r\nevent: return\r\n\r\n',
  '“quoted” "twice" \\ and \\n',
  '\u2028\u2029\ufeff\u200b',
  'é e\u0301 %s $1 ${x} \\u0000 ',
  '[DONE] ',
]

/** Exactly `length` code units, but for a pair of surrogates that is not cut. */
function fill(opening: string, length: number, random: Random): string {
  let text = opening
  while (text.length < length) text += random.pick(pieces)
  const whole = text.slice(0, Math.max(length, opening.length))
  return whole.isWellFormed() ? whole : whole.slice(0, -1)
}

type Rows = { random: Random; length: number; field: string; rest: Record<string, unknown> }

/** JSON of about the length, in rows of about 200 characters; the first has the opening in it. */
function writeRows(key: string, opening: string, { random, length, field, rest }: Rows): string {
  const rows: string[] = []
  for (let made = 0; made < length || rows.length === 0; made = rows.join(',').length) {
    const words = fill(rows.length === 0 ? opening : 'Row. ', 140, random)
    rows.push(JSON.stringify({ number: rows.length + 1, ...rest, [field]: words }))
  }
  return `{"${key}":[${rows.join(',')}]}`
}
