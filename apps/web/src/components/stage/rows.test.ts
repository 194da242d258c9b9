import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createMessages } from '../../i18n.ts'
import { en } from '../../locales/en.ts'
import CameraTable from './CameraTable.vue'
import ShotTable from './ShotTable.vue'

const shots =
  '{"shots":[{"number":1,"visual":"A lighthouse","narration":"Eleven years.","seconds":5},{"number":2,"visual":"A letter","narration":"","seconds":"4s"}]}'
const global = { plugins: [createMessages('en', en)] }

describe('a storyboard that grows', () => {
  it('shows a row as soon as its object closes, and a shimmer for the one still coming', async () => {
    const view = mount(ShotTable, { props: { text: '', isStreaming: true }, global })
    const firstEnd = shots.indexOf('},') + 1
    await view.setProps({ text: shots.slice(0, firstEnd - 1), isStreaming: true })
    expect(view.text()).not.toContain('A lighthouse')
    expect(view.find('[data-testid=row-coming]').exists()).toBe(true)
    await view.setProps({ text: shots.slice(0, firstEnd), isStreaming: true })
    expect(view.text()).toContain('A lighthouse')
    await view.setProps({ text: shots.slice(0, firstEnd + 14), isStreaming: true })
    expect(view.find('[data-testid=row-coming]').text()).toContain('2')
  })

  it('keeps the nodes of rows that are there', async () => {
    const view = mount(ShotTable, {
      props: { text: shots.slice(0, shots.indexOf('},') + 1), isStreaming: true },
      global,
    })
    const row = view.find('tbody tr').element
    await view.setProps({ text: shots, isStreaming: false })
    expect(view.find('tbody tr').element).toBe(row)
    expect(view.text()).toContain('2 shots · 9 s')
    expect(view.text()).toContain('No narration')
  })

  it('S8 offers raw what can’t be read, a row or the whole', () => {
    const bad = mount(ShotTable, {
      props: {
        text: '{"shots":[{"number":1,"visual":"A","narration":"","seconds":3},{"number":2}]}',
        isStreaming: false,
      },
      global,
    })
    expect(bad.find('pre').text()).toBe('{"number":2}')
    const prose = mount(ShotTable, {
      props: { text: 'I can only describe this in words.', isStreaming: false },
      global,
    })
    expect(prose.find('pre').text()).toBe('I can only describe this in words.')
  })
})

describe('camera moves', () => {
  it('are named in the user’s language whatever the model called them', () => {
    const text =
      '{"moves":[{"number":1,"move":"推近","speed":"慢速","prompt":"p"},{"number":2,"move":"crane","speed":"fast","prompt":"q"}]}'
    const view = mount(CameraTable, { props: { text, isStreaming: false }, global })
    expect(view.text()).toContain('Push')
    expect(view.text()).toContain('Slow')
    expect(view.text()).toContain('crane')
  })
})
