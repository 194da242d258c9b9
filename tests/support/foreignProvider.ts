/** A provider that is not ours, and answers at every stage of every pipeline, in Chinese or English as it is asked. */
import { LLMock } from '@copilotkit/aimock'

type Language = 'zh' | 'en'

const words = {
  zh: { title: '灯塔', text: '第一夜，灯塔的光落在海上，信还是湿的。', name: '完整', heading: '背景' },
  en: {
    title: 'The lighthouse',
    text: 'On the first night the letter was still wet.',
    name: 'Completeness',
    heading: 'Background',
  },
}

const rows = (key: string, made: readonly object[]): string => JSON.stringify({ [key]: made })
const three = <T>(make: (number: number) => T): T[] => [1, 2, 3].map(make)

/** By what the rules of the stage say of the form of its answer. */
const answers: [form: RegExp, write: (language: Language) => string][] = [
  [
    /"moves"/,
    (to) =>
      rows(
        'moves',
        three((number) => ({ number, move: 'push', speed: 'slow', prompt: words[to].text })),
      ),
  ],
  [
    /"shots"/,
    (to) =>
      rows(
        'shots',
        three((number) => ({ number, visual: words[to].text, narration: words[to].text, seconds: 4 })),
      ),
  ],
  [
    /"criteria"/,
    (to) =>
      rows(
        'criteria',
        three((number) => ({ number, name: words[to].name, score: 88, reason: words[to].text })),
      ),
  ],
  [
    /^=== file: /m,
    (to) =>
      `=== file: index.html ===\n<!doctype html><title>${words[to].title}</title><h1 id="t"></h1><script src="app.js"></script>\n=== end ===\n\n` +
      `=== file: app.js ===\ndocument.getElementById('t').textContent = '${words[to].title}'\n=== end ===\n`,
  ],
  [
    /^## /m,
    (to) => `# ${words[to].title}\n\n## ${words[to].heading}\n- ${words[to].text}\n\n## 2\n- ${words[to].text}\n`,
  ],
  [/^### /m, (to) => `${words[to].text}\n\n`.repeat(4)],
]

const sections = (key: string, to: Language): string =>
  rows(
    key,
    three((number) => ({ number, title: `${words[to].heading} ${number}`, content: words[to].text })),
  )

type Message = { role: string; content?: unknown }

function answer(messages: readonly Message[]): string {
  const contentOf = (role: string): string => {
    const content = messages.findLast((message) => message.role === role)?.content
    return typeof content === 'string' ? content : ''
  }
  const rules = contentOf('system')
  const language: Language = /\p{Script=Han}/u.test(rules) ? 'zh' : 'en'
  if (rules.includes('"translations"')) return translate(contentOf('user'), language)
  for (const key of ['plan', 'spec']) if (rules.includes(`{"${key}":[`)) return sections(key, language)
  const known = answers.find(([form]) => form.test(rules))
  return known === undefined ? `${words[language].text}\n\n`.repeat(3) : known[1](language)
}

function translate(asked: string, to: Language): string {
  const [, , lines = ''] = /<(material(?:-\d+)?)>\n([^]*?)\n<\/\1>/.exec(asked) ?? []
  const made = lines.split('\n').map((line) => {
    const { number, text } = JSON.parse(line) as { number: number; text: string }
    return { number, text: to === 'zh' ? `译：${text}` : `EN: ${text}` }
  })
  return rows('translations', made)
}

export async function startForeignProvider(): Promise<{ environment: Record<string, string>; close(): Promise<void> }> {
  const provider = new LLMock({ port: 0, latency: 0, chunkSize: 12 })
  const pace = { streamingProfile: { ttft: 50, tps: 400 } }
  provider.on({ predicate: () => true }, ({ messages }) => ({ content: answer(messages) }), pace)
  await provider.start()
  return {
    environment: { OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: 'mock-key', OPENAI_MODEL: 'mock-model' },
    close: () => provider.stop(),
  }
}
