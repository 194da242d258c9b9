import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDraftSaver, type DraftState } from './draftSaver.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A place to save to that answers when the test says so. */
function openSaver() {
  const saved: string[] = []
  const states: DraftState['kind'][] = []
  const answers: { ok(): void; fail(): void }[] = []
  const saver = createDraftSaver({
    delayMs: 800,
    retryMs: 3_000,
    onState: (state) => states.push(state.kind),
    save: (text) => {
      saved.push(text)
      return new Promise((resolve, reject) => {
        answers.push({
          ok: () => resolve({ savedAt: '2026-01-01T00:00:00Z' }),
          fail: () => reject(new Error('offline')),
        })
      })
    },
  })
  const answer = async (how: 'ok' | 'fail') => {
    answers.shift()?.[how]()
    await vi.advanceTimersByTimeAsync(0)
  }
  return { saver, saved, states, answer }
}

describe('saving a draft', () => {
  it('waits for a pause in typing and saves the last text once', async () => {
    const { saver, saved, states, answer } = openSaver()
    saver.change('a')
    await vi.advanceTimersByTimeAsync(700)
    saver.change('ab')
    await vi.advanceTimersByTimeAsync(700)
    expect(saved).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    expect(saved).toEqual(['ab'])
    await answer('ok')
    expect(states.at(-1)).toBe('saved')
  })

  it('S3 never runs two saves at a time, and saves what came meanwhile', async () => {
    const { saver, saved, states, answer } = openSaver()
    saver.change('a')
    await vi.advanceTimersByTimeAsync(800)
    saver.change('ab')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(saved).toEqual(['a'])
    await answer('ok')
    expect(states.at(-1)).toBe('unsaved')
    await vi.advanceTimersByTimeAsync(800)
    expect(saved).toEqual(['a', 'ab'])
  })

  it('S3 tries a failed save again, with the newest text', async () => {
    const { saver, saved, states, answer } = openSaver()
    saver.change('a')
    await vi.advanceTimersByTimeAsync(800)
    await answer('fail')
    expect(states.at(-1)).toBe('failed')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(saved).toEqual(['a', 'a'])
    await answer('ok')
    expect(states.at(-1)).toBe('saved')
  })

  it('saves at once when closed, and then takes nothing more', async () => {
    const { saver, saved, answer } = openSaver()
    saver.change('a')
    saver.close()
    saver.change('b')
    await answer('ok')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(saved).toEqual(['a'])
  })

  it('forgets what became a version', async () => {
    const { saver, saved, states } = openSaver()
    saver.change('a')
    saver.forget()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(saved).toEqual([])
    expect(states.at(-1)).toBe('clean')
  })
})
