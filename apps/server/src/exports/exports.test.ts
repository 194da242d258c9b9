import { parse as parseCsv } from 'csv-parse/sync'
import { strFromU8, unzipSync } from 'fflate'
import mammoth from 'mammoth'
import SrtParser from 'srt-parser-2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

const title = '守塔人与“大海”：一封信'
const prose = `# ${title}

他把信放进**瓶子**里 <script>alert(1)</script>。

- 一只瓶子
- 一封*信*

1. 先写
2. 再寄

> 海不回答。

![图](https://elsewhere.example/x.png) [链接](https://example.com/a?b=1&c=2)`
const shots = [
  { number: 1, visual: '灯塔，“夜”', narration: '他等了一生。', seconds: 3.5 },
  { number: 2, visual: '=HYPERLINK("https://elsewhere.example")', narration: '', seconds: 2 },
  { number: 3, visual: '海, 与\u0007\uFFFE信', narration: '信到了。', seconds: 4 },
]
const storyboard = JSON.stringify({ shots })

let server: OpenServer
let account: Account
let projectId: string

beforeAll(async () => {
  server = await openServer()
  account = await server.signUp('anna@example.com')
  const created = await account.client.projects.create.mutate({ pipeline: 'story', title, input: { text: '一封信' } })
  projectId = created.projectId
}, 60_000)
afterAll(() => server?.close())

type Asked = { format: 'md' | 'docx' | 'html' | 'json' | 'csv' | 'srt' | 'zip'; rewriteId?: string; of?: Account }

async function exportFile({ of = account, ...asked }: Asked) {
  const { name, mediaType, content } = await of.client.projects.export.query({ projectId, ...asked })
  const bytes = Buffer.from(content, 'base64')
  return { name, mediaType, bytes, text: bytes.toString('utf8') }
}

const refusal = async (asking: Promise<unknown>): Promise<unknown> =>
  asking.then(
    () => 'nothing refused',
    (error: { data?: { appCode?: string } }) => error.data?.appCode,
  )

async function write(stage: string, text: string): Promise<string> {
  const { state } = await account.client.projects.get.query({ projectId })
  const baseRewriteId = state.stages.find(({ key }) => key === stage)?.current?.id ?? null
  const { rewriteId } = await account.client.stages.edit.mutate({ projectId, stage, text, baseRewriteId })
  return rewriteId
}

it('X7 a project without a text has nothing to export', async () => {
  expect(await refusal(exportFile({ format: 'docx' }))).toBe('export.empty')
})

describe('of a version', () => {
  let rewriteId: string
  let storyboardId: string
  beforeAll(async () => {
    rewriteId = await write('rewrite', prose)
    storyboardId = await write('storyboard', storyboard)
  })

  it('X8 Markdown is the text itself, under the name of its project', async () => {
    const { name, mediaType, text } = await exportFile({ format: 'md', rewriteId })
    expect([name, mediaType]).toEqual(['守塔人与“大海”：一封信 改写.md', 'text/markdown; charset=utf-8'])
    expect(text).toBe(`${prose}\n`)
  })

  it('X9 a table is read by spreadsheets, and no cell of it is a formula', async () => {
    const { name, bytes } = await exportFile({ format: 'csv', rewriteId: storyboardId })
    expect(name).toBe('守塔人与“大海”：一封信 分镜.csv')
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const rows = parseCsv(bytes, { bom: true })
    expect(rows[0]).toEqual(['镜号', '画面', '旁白', '秒数'])
    expect(rows[1]).toEqual(['1', '灯塔，“夜”', '他等了一生。', '3.5'])
    expect(rows[2]![1]).toMatch(/^'=HYPERLINK/)
    expect(rows).toHaveLength(4)
  })

  it('X10 subtitles are read by a player', async () => {
    const { text } = await exportFile({ format: 'srt', rewriteId: storyboardId })
    expect(new SrtParser().fromSrt(text)).toMatchObject([
      { id: '1', startSeconds: 0, endSeconds: 3.5, text: '他等了一生。' },
      { id: '2', startSeconds: 5.5, endSeconds: 9.5, text: '信到了。' },
    ])
  })

  it('X11 JSON is the data, also where the model put a fence around it', async () => {
    const { text } = await exportFile({ format: 'json', rewriteId: storyboardId })
    expect(JSON.parse(text)).toEqual({ shots })
    const fenced = await write('storyboard', `Here it is:\n\`\`\`json\n${storyboard}\n\`\`\``)
    expect(JSON.parse((await exportFile({ format: 'json', rewriteId: fenced })).text)).toEqual({ shots })
  })

  it('X12 a Word document has its headings, emphasis, lists and tables, and nothing that XML can not hold', async () => {
    const written = await exportFile({ format: 'docx', rewriteId })
    const { value: page, messages } = await mammoth.convertToHtml({ buffer: written.bytes })
    expect(page).toContain(`<h1>${title}</h1>`)
    expect(page).toContain('<strong>瓶子</strong>')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toMatch(/<ul><li>一只瓶子<\/li><li>一封<em>信<\/em><\/li><\/ul>/)
    expect(page).toMatch(/<ol><li>先写<\/li><li>再寄<\/li><\/ol>/)
    expect(page).toContain('<p>[图] <a href="https://example.com/a?b=1&amp;c=2">')
    expect(messages.filter(({ type }) => type === 'error')).toEqual([])
    const rows = await exportFile({ format: 'docx', rewriteId: storyboardId })
    const { value: table } = await mammoth.convertToHtml({ buffer: rows.bytes })
    expect(table.match(/<tr>/g)).toHaveLength(4)
    expect(table).toContain('海, 与信')
    const xml = strFromU8(unzipSync(rows.bytes)['word/document.xml']!)
    for (const impossible of ['\u0007', '\uFFFE']) expect(xml).not.toContain(impossible)
  })

  it('X13 a page for printing stands alone: no script, no picture from elsewhere', async () => {
    const { text } = await exportFile({ format: 'html', rewriteId })
    expect(text).toContain('<html lang="zh">')
    expect(text).toContain(`default-src 'none'`)
    expect(text).not.toContain('<script')
    expect(text).not.toContain('<img')
    expect(text).toContain('<p>[图] <a')
  })

  it('X14 of a text that was cut what is there can be had; as JSON it is refused', async () => {
    const cut = await write('storyboard', storyboard.slice(0, 100))
    expect((await exportFile({ format: 'csv', rewriteId: cut })).text).toContain('灯塔')
    expect((await exportFile({ format: 'docx', rewriteId: cut })).bytes.length).toBeGreaterThan(1_000)
    expect(await refusal(exportFile({ format: 'json', rewriteId: cut }))).toBe('input.invalid')
    await write('storyboard', storyboard)
  })

  it('X15 a form that the text has not is refused with those that it has', async () => {
    const asking = exportFile({ format: 'srt', rewriteId })
    await expect(asking).rejects.toThrow('must be one of md, docx, html here')
  })

  it('X16 nobody else gets it, and it is of no other project', async () => {
    const ben = await server.signUp('ben@example.com')
    expect(await refusal(exportFile({ format: 'md', rewriteId, of: ben }))).toBe('notFound')
    for (const { client } of [ben, account]) {
      const other = await client.projects.create.mutate({ pipeline: 'story', input: { text: 'Another' } })
      expect(await refusal(client.projects.export.query({ ...other, format: 'md', rewriteId }))).toBe('notFound')
    }
  })
})

describe('of a project', () => {
  it('X17 everything is in one document, each stage under its name', async () => {
    const { name, text } = await exportFile({ format: 'md' })
    expect(name).toBe('守塔人与“大海”：一封信.md')
    expect(text).toMatch(/^# 守塔人与“大海”：一封信\n\n## 改写\n\n### 守塔人[^]*\n## 分镜\n\n\| 镜号 \|/)
  })

  it('X18 an archive has each stage in every form that is its own, with Chinese names', async () => {
    const { bytes } = await exportFile({ format: 'zip' })
    const files = unzipSync(bytes)
    expect(Object.keys(files).toSorted()).toEqual(['1 改写.md', '2 分镜.csv', '2 分镜.json', '2 分镜.srt'])
    expect(strFromU8(files['1 改写.md']!)).toBe(prose)
  })

  it('X19 JSON holds the present versions', async () => {
    expect(JSON.parse((await exportFile({ format: 'json' })).text)).toMatchObject({
      title,
      pipeline: 'story',
      stages: [
        { stage: 'rewrite', content: prose, ending: 'complete' },
        { stage: 'storyboard', content: { shots } },
      ],
    })
  })

  it('X20 a table of a whole project is refused', async () => {
    expect(await refusal(exportFile({ format: 'csv' }))).toBe('input.invalid')
  })
})

describe('of an app', () => {
  const js = 'const mark = "````"\n'
  const text = `=== file: index.html ===\n<p>海</p>\n=== end ===\n=== file: src/app.js ===\n${js}=== end ===\n`
  const plan = '{"plan":[{"number":1,"title":"目标","content":"一\\n二"}]}'
  let appId: string
  let rewriteId: string
  beforeAll(async () => {
    const input = { requirement: '一个小应用' }
    appId = (await account.client.projects.create.mutate({ pipeline: 'code', input })).projectId
    const writeNew = (stage: string, given: string) =>
      account.client.stages.edit.mutate({ projectId: appId, stage, text: given, baseRewriteId: null })
    await writeNew('plan', plan)
    rewriteId = (await writeNew('generate', text)).rewriteId
  })
  const exportApp = async (format: Asked['format'], version?: string) => {
    const given = { projectId: appId, format, ...(version === undefined ? {} : { rewriteId: version }) }
    return Buffer.from((await account.client.projects.export.query(given)).content, 'base64')
  }

  it('X21 an archive of a version is its files, one of the project has them in a folder', async () => {
    const files = unzipSync(await exportApp('zip', rewriteId))
    expect(Object.entries(files).map(([path, bytes]) => [path, strFromU8(bytes)])).toEqual([
      ['index.html', '<p>海</p>\n'],
      ['src/app.js', js],
    ])
    const whole = Object.keys(unzipSync(await exportApp('zip')))
    expect(whole).toEqual(['1 计划.json', '1 计划.csv', '2 代码/index.html', '2 代码/src/app.js'])
  })

  it('X21 as Markdown each file stands in a fence that it can not close', async () => {
    const markdown = (await exportApp('md', rewriteId)).toString()
    expect(markdown).toContain(`**src/app.js**\n\n\`\`\`\`\`\n${js}\`\`\`\`\``)
    const { value } = await mammoth.convertToHtml({ buffer: await exportApp('docx', rewriteId) })
    expect(value).toContain('src/app.js')
  })
})
