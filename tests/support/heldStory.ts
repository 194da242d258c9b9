import {
  createGate,
  startScriptedProvider,
  type Script,
  type ScriptedProvider,
} from '../../apps/server/src/providers/testing/index.ts'

export type HeldStory = {
  readonly provider: ScriptedProvider
  readonly environment: Record<string, string>
  /** The last words before the gate, and the last of all. */
  readonly words: { middle: string; last: string }
  /** Lets the present request go on; the next one waits anew. */
  goOn(): void
  close(): Promise<void>
}

const paragraphs = Array.from(
  { length: 12 },
  (_, index) => `Paragraph ${index + 1}: 第${index + 1}夜，灯塔的光落在海上 — nobody spoke of the letter 🌊.`,
)
const before = 3

/** A provider that writes prose and waits in its middle: what is seen then is seen while the rest has not been sent. */
export async function startHeldStory(): Promise<HeldStory> {
  let gate = createGate()
  const script: Script = async (exchange) => {
    const { opened } = gate
    await exchange.head()
    for (const [index, text] of paragraphs.entries()) {
      if (index === before) await Promise.race([opened, exchange.closed])
      if (exchange.isClosed) return
      await exchange.text(index === 0 ? text : `\n\n${text}`)
    }
    await exchange.finish()
    await exchange.usage(10, 20)
    await exchange.done()
    await exchange.end()
  }
  const provider = await startScriptedProvider(script)
  const goOn = (): void => {
    gate.open()
    gate = createGate()
  }
  return {
    provider,
    environment: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'scripted-key', OPENAI_MODEL: 'scripted' },
    words: { middle: `Paragraph ${before}:`, last: `Paragraph ${paragraphs.length}:` },
    goOn,
    async close() {
      goOn()
      await provider.close()
    },
  }
}
