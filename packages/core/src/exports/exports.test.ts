import { describe, expect, it } from 'vitest'
import { pipelineOf } from '../pipelines/registry.ts'
import { formatsOfStage } from './formatsOfStage.ts'
import { nameFile } from './fileName.ts'
import { toMarkdownTable } from './markdownTable.ts'
import { toSrt } from './subtitles.ts'

const [rewrite, storyboard, camera] = pipelineOf('story').stages
const shots = `{"shots":[{"number":1,"visual":"灯塔 | 夜","narration":"他等了\\n一生。","seconds":3.5},{"number":2,"visual":"海","narration":"","seconds":2},{"number":3,"visual":"信","narration":"信到了。","seconds":4}]}`

describe('forms', () => {
  it('X1 a stage can be had in what its text is good for', () => {
    expect(formatsOfStage(rewrite!)).toEqual(['md', 'docx', 'html'])
    expect(formatsOfStage(storyboard!)).toEqual(['md', 'docx', 'html', 'json', 'csv', 'srt'])
    expect(formatsOfStage(camera!)).toEqual(['md', 'docx', 'html', 'json', 'csv'])
  })

  it('X2 rows are a table in the language of their text, and words with times', () => {
    const { columns, rows } = storyboard!.readTable!(shots)
    expect(columns).toEqual(['镜号', '画面', '旁白', '秒数'])
    expect(rows).toEqual([
      ['1', '灯塔 | 夜', '他等了\n一生。', '3.5'],
      ['2', '海', '', '2'],
      ['3', '信', '信到了。', '4'],
    ])
    expect(
      camera!.readTable!('{"moves":[{"number":1,"move":"推","speed":"慢","prompt":"缓缓推近灯塔的窗。"}]}'),
    ).toEqual({
      columns: ['镜号', '运镜', '速度', '提示词'],
      rows: [['1', '推', '慢', '缓缓推近灯塔的窗。']],
    })
  })

  it('X3 wherever a text was cut, what is there can be had: nothing of a row is lost', () => {
    for (let length = 0; length <= shots.length; length++) {
      const text = shots.slice(0, length)
      const { rows } = storyboard!.readTable!(text)
      const begun = text.match(/\{"number/g)?.length ?? 0
      expect(rows.length).toBeGreaterThanOrEqual(begun)
      expect(toMarkdownTable(storyboard!.readTable!(text)).split('\n')).toHaveLength(rows.length + 2)
      toSrt(storyboard!.readCues!(text))
    }
    expect(storyboard!.readTable!(shots.slice(0, 100)).rows.at(-1)![1]).toContain('{"number":2')
    const unreadable = shots.replace('"seconds":2', '"seconds":"soon"')
    expect(storyboard!.readTable!(unreadable).rows[1]![1]).toContain('"seconds":"soon"')
  })
})

it('X4 a cell of a table is shown as it is', () => {
  expect(toMarkdownTable({ columns: ['a', 'b'], rows: [['<b>|*x*', 'one\n\ntwo'], ['![i](u)']] })).toBe(
    ['| a | b |', '| --- | --- |', String.raw`| \<b\>\|\*x\* | one two |`, String.raw`| \!\[i\](u) |  |`].join('\n'),
  )
})

it('X5 subtitles begin where the shot before ends; a silent shot only takes its time', () => {
  expect(toSrt(storyboard!.readCues!(shots))).toBe(
    '1\n00:00:00,000 --> 00:00:03,500\n他等了\n一生。\n\n2\n00:00:05,500 --> 00:00:09,500\n信到了。\n',
  )
  expect(toSrt([{ seconds: 3_725.25, text: 'a\n\n b' }])).toBe('1\n00:00:00,000 --> 01:02:05,250\na\nb\n')
})

it.each([
  ['守塔人与大海的信', '守塔人与大海的信.srt'],
  ['a/b\\c: "d" <e>|f?*', 'a b c d e f.srt'],
  ['..\u0000\u202Ehidden.', 'hidden.srt'],
  ['CON', 'stagewright CON.srt'],
  ['', 'stagewright.srt'],
  ['字'.repeat(200), `${'字'.repeat(80)}.srt`],
  ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦 family.srt'],
])('X6 %j is the file %j', (title, name) => {
  expect(nameFile(title, 'srt')).toBe(name)
})
