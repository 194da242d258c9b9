/** A foreign provider that translates: the same each time, tags kept; and what it was asked for. */
import { LLMock } from '@copilotkit/aimock'

type Row = { number: number; text: string }

export type TranslationProvider = {
  /** The settings that make a server use it. */
  environment: Record<string, string>
  /** The numbers of the segments of each request, in order. */
  asked(): number[][]
  /** Resolves when it has been asked so many times. */
  askedTimes(count: number): Promise<void>
  close(): Promise<void>
}

/** What it makes of a segment. */
export function translated(text: string): string {
  return `译：${text}`
}

/** `tokensPerSecond`: as fast as it can where it is not given. */
export async function startTranslationProvider({
  tokensPerSecond,
}: { tokensPerSecond?: number } = {}): Promise<TranslationProvider> {
  const provider = new LLMock({ port: 0, latency: 0, chunkSize: tokensPerSecond === undefined ? 4_096 : 12 })
  const asked: number[][] = []
  const waiting: { count: number; resolve(): void }[] = []
  provider.on(
    { systemMessage: /"translations"/ },
    ({ messages }) => {
      const content = messages.findLast(({ role }) => role === 'user')?.content
      const rows = typeof content === 'string' ? rowsIn(content) : []
      asked.push(rows.map(({ number }) => number))
      for (const { count, resolve } of waiting) if (asked.length >= count) resolve()
      const translations = rows.map(({ number, text }) => ({ number, text: translated(text) }))
      return { content: JSON.stringify({ translations }) }
    },
    tokensPerSecond === undefined ? {} : { streamingProfile: { ttft: 100, tps: tokensPerSecond } },
  )
  await provider.start()
  return {
    environment: { OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: 'mock-key', OPENAI_MODEL: 'mock-model' },
    asked: () => asked,
    askedTimes: (count) =>
      new Promise((resolve) => (asked.length >= count ? resolve() : waiting.push({ count, resolve }))),
    close: () => provider.stop(),
  }
}

function rowsIn(content: string): Row[] {
  const [, , lines = ''] = /<(material(?:-\d+)?)>\n([^]*?)\n<\/\1>/.exec(content) ?? []
  return lines.split('\n').map((line) => JSON.parse(line) as Row)
}
