import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { Component } from 'vue'
import { createMessages } from '../../i18n.ts'
import { en } from '../../locales/en.ts'
import DeliveredFile from './DeliveredFile.vue'
import PairTable from './PairTable.vue'
import { readComingPair } from './readComingPair.ts'
import SegmentTable from './SegmentTable.vue'

const pair = (number: number, target: string | null = `译文 “${number}” \\ \n第二行 🌊`) => ({
  number,
  place: `paragraph ${number}`,
  source: `Source "${number}"`,
  target,
})
const written = (rows: readonly object[], key = 'pairs') =>
  `{"${key}":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`
const pairs = written([pair(1), pair(2, null), pair(3)])

type Props = { text: string; isStreaming: boolean; canChangePart?: boolean; canRewrite?: boolean }
const show = (view: Component, props: Props) =>
  mount(view, { props: { ...props }, global: { plugins: [createMessages('en', en)] }, attachTo: document.body })

describe('pairs', () => {
  it('S14 cut anywhere show what is there, letter by letter', () => {
    let longest = ''
    for (let length = 0; length <= pairs.length; length++) {
      const shown = show(PairTable, { text: pairs.slice(0, length), isStreaming: true })
      expect(shown.text()).not.toContain('{"')
      const first = shown.find('[data-testid=target]')
      if (first.exists()) {
        const said = first.element.textContent
        expect(said.startsWith(longest) || longest.startsWith(said)).toBe(true)
        if (said.length > longest.length) longest = said
      }
      shown.unmount()
    }
    expect(longest).toBe(pair(1).target)
    expect(readComingPair('{"number":1,"place":"","source":"x","target":"a\\\\')?.target).toBe('a\\')
    expect(readComingPair('{"number":1,"place":"","source":"x","target":"a\\u4f')?.target).toBe('a')
  })

  it('S14 can be edited and asked for anew one by one', async () => {
    const shown = show(PairTable, { text: pairs, isStreaming: false, canChangePart: true, canRewrite: true })
    expect(shown.text()).toContain('No translation yet')
    await shown.findAll('[data-testid=rewrite-segment]')[1]!.trigger('click')
    expect(shown.emitted('rewritePart')).toEqual([['2']])
    await shown.findAll('[data-testid=edit-segment]')[2]!.trigger('click')
    await shown.find('[data-testid=segment-field]').setValue('anders')
    await shown.find('form').trigger('submit')
    expect(shown.emitted('changePart')).toEqual([[JSON.stringify({ ...pair(3), target: 'anders' }), '3']])
    shown.unmount()
  })

  it('S14 an Enter that ends a composition saves nothing', async () => {
    const shown = show(PairTable, { text: pairs, isStreaming: false, canChangePart: true })
    await shown.find('[data-testid=edit-segment]').trigger('click')
    const field = shown.find('[data-testid=segment-field]')
    await field.setValue('新的')
    await field.trigger('keydown', { key: 'Enter', isComposing: true })
    expect(shown.emitted('changePart')).toBeUndefined()
    await field.trigger('keydown', { key: 'Enter' })
    expect(shown.emitted('changePart')).toHaveLength(1)
    shown.unmount()
  })
})

describe('a long document', () => {
  const many = written(
    Array.from({ length: 250 }, (_, at) => ({ number: at + 1, place: '', text: `text ${at + 1}` })),
    'segments',
  )

  it('S15 is shown a page at a time, and the last one while it grows', async () => {
    const shown = show(SegmentTable, { text: many, isStreaming: false })
    const numbers = () => shown.findAll('tbody tr').map((row) => row.find('span.font-semibold').text())
    expect([numbers().length, numbers()[0], numbers().at(-1)]).toEqual([100, '1', '100'])
    await shown.findAll('[data-testid=pager] button')[1]!.trigger('click')
    expect(numbers()[0]).toBe('101')
    shown.unmount()
    const growing = show(SegmentTable, { text: many.slice(0, -4), isStreaming: true })
    expect(growing.find('tbody tr').text()).toContain('201')
    await growing.findAll('[data-testid=pager] button')[0]!.trigger('click')
    expect(growing.find('tbody tr').text()).toContain('101')
    growing.unmount()
  })
})

it('S14 a delivery is a file to download, with what stayed as it was', () => {
  const note = {
    file: { id: 'f1', name: '信.en.docx', bytes: 14_200 },
    segments: 12,
    untranslated: [3],
    untranslatedCount: 1,
  }
  const text = JSON.stringify(note, null, 2)
  for (let length = 0; length < text.length; length++)
    show(DeliveredFile, { text: text.slice(0, length), isStreaming: true }).unmount()
  const shown = show(DeliveredFile, { text, isStreaming: false })
  expect(shown.find('[data-testid=download]').attributes('href')).toBe('/files/f1')
  expect(shown.text()).toContain('信.en.docx')
  expect(shown.text()).toContain('without a translation: 3')
})
