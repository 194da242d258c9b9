import { describe, expect, it } from 'vitest'
import type { Figures, LiveTaskView, StageView } from '../types.ts'
import {
  chooseMainAction,
  continuableId,
  derivePanelState,
  slowAfterMs,
  type PanelInput,
  type PanelKind,
  isBusy,
} from './derivePanelState.ts'

const stage: StageView = {
  key: 'rewrite',
  status: 'ready',
  locked: false,
  outOfDate: false,
  current: null,
  last: null,
  failure: null,
}
const version = { id: 'r1', no: 1, ending: 'complete', length: 900 } as const
const text = {
  rewriteNo: 2,
  rewriteId: 'r2',
  stage: 'rewrite',
  attempt: 1,
  namedAttempt: 1,
  text: 'Once',
  closed: null,
}
const figures: Figures = {
  rewriteNo: 2,
  tokens: 0,
  tokensPerSecond: null,
  firstTokenMs: null,
  elapsedMs: 1_400,
  provider: 'Demo writer',
  model: 'demo',
  reasoning: null,
}
const running = liveTask('running', 'running')
const waiting: LiveTaskView = {
  ...liveTask('waiting', 'done'),
  currentStage: null,
  stages: [
    { key: 'rewrite', status: 'done' },
    { key: 'storyboard', status: 'queued' },
    { key: 'camera', status: 'queued' },
  ],
}

const outside: LiveTaskView = { ...liveTask('waiting', 'running'), outside: { fraction: 0.4, message: 'page 2' } }
const queued = { key: 'camera', status: 'queued' } as const

function liveTask(status: LiveTaskView['status'], run: LiveTaskView['stages'][number]['status']): LiveTaskView {
  return {
    id: 't1',
    status,
    stages: [{ key: 'rewrite', status: run }],
    currentStage: 'rewrite',
  }
}

function panel(change: Partial<PanelInput>) {
  return derivePanelState({
    stage,
    previous: null,
    task: null,
    queueAhead: null,
    figures: null,
    text: null,
    connection: 'live',
    asked: null,
    hasDraft: false,
    versions: [],
    clock: { nowMs: 50_000, runSeenMs: 47_000, lastTextMs: 49_900 },
    ...change,
  })
}

const cutOff = { code: 'provider.cutOff', message: '' } as const
const broken = { code: 'provider.interrupted', message: '' } as const

describe('the state of a stage panel', () => {
  const cases: [PanelKind, Partial<PanelInput>][] = [
    ['idle', {}],
    ['blocked', { previous: stage }],
    ['idle', { previous: { ...stage, current: version } }],
    ['queued', { asked: 'start' }],
    ['queued', { task: liveTask('queued', 'queued') }],
    ['stopping', { task: liveTask('queued', 'queued'), asked: 'stop' }],
    ['connecting', { task: running }],
    ['connecting', { task: running, figures }],
    ['thinking', { task: running, figures: { ...figures, reasoning: { characters: 12, tail: 'Let me see' } } }],
    ['streaming', { task: running, text }],
    ['slow', { task: running, text, clock: { nowMs: 50_000, runSeenMs: 0, lastTextMs: 50_000 - slowAfterMs } }],
    ['restoring', { task: running, text, connection: 'connecting' }],
    ['restoring', { task: running, figures: { ...figures, tokens: 80 } }],
    ['restoring', { task: running, stage: { ...stage, status: 'running', last: { ...version, ending: null } } }],
    ['streaming', { task: running, text, connection: 'lost' }],
    ['stopping', { task: running, text, asked: 'stop' }],
    ['outside', { stage: { ...stage, status: 'waiting' }, task: outside }],
    ['stopping', { stage: { ...stage, status: 'waiting' }, task: outside, asked: 'stop' }],
    ['queued', { stage: { ...stage, key: 'camera' }, task: { ...outside, stages: [...outside.stages, queued] } }],
    ['review', { stage: { ...stage, status: 'done', current: version }, task: waiting }],
    ['review', { stage: { ...stage, key: 'storyboard', status: 'waiting' }, task: waiting }],
    ['queued', { stage: { ...stage, key: 'camera' }, task: waiting }],
    ['edited', { stage: { ...stage, status: 'done', current: version }, task: waiting, hasDraft: true }],
    ['edited', { stage: { ...stage, status: 'done', current: version }, hasDraft: true }],
    ['streaming', { task: running, text, hasDraft: true }],
    ['done', { stage: { ...stage, status: 'done', current: version } }],
    ['stopped', { stage: { ...stage, status: 'stopped', current: { ...version, ending: 'stopped' } } }],
    ['cutOff', { stage: { ...stage, status: 'failed', current: version, failure: cutOff } }],
    ['failed', { stage: { ...stage, status: 'failed', failure: broken } }],
    ['failed', { stage: { ...stage, status: 'failed', current: version, failure: null } }],
  ]
  it.each(cases)('is %s', (kind, change) => {
    expect(panel(change).kind).toBe(kind)
  })

  it('says how far an outside processor is', () => {
    const state = panel({ stage: { ...stage, status: 'waiting' }, task: outside })
    expect(state).toEqual({ kind: 'outside', fraction: 0.4, message: 'page 2' })
    expect(isBusy(state)).toBe(true)
    expect(chooseMainAction(state, { hasInstruction: false, hasNext: true, canContinue: false })).toBe('stop')
  })

  it('tells which stage a queued one waits behind', () => {
    const task = {
      ...running,
      stages: [
        { key: 'rewrite', status: 'running' as const },
        { key: 'camera', status: 'queued' as const },
      ],
    }
    expect(panel({ stage: { ...stage, key: 'camera' }, task })).toEqual({
      kind: 'queued',
      ahead: null,
      behind: 'rewrite',
    })
  })

  it('says that text is kept only when there is some', () => {
    const kept = {
      ...stage,
      status: 'failed' as const,
      failure: broken,
      last: { ...version, ending: 'interrupted' as const },
    }
    expect(panel({ stage: kept })).toMatchObject({ isTextKept: true })
    expect(panel({ stage: { ...kept, last: null } })).toMatchObject({ isTextKept: false })
  })

  it('takes the time from the figures, else from when the run was first seen', () => {
    expect(panel({ task: running })).toMatchObject({ elapsedMs: 3_000 })
    expect(panel({ task: running, figures })).toMatchObject({ elapsedMs: 1_400 })
  })
})

describe('the main button', () => {
  const options = { hasInstruction: false, hasNext: true, canContinue: false }

  it('is one of Stop and Generate around a run', () => {
    expect(chooseMainAction({ kind: 'idle' }, options)).toBe('generate')
    expect(chooseMainAction({ kind: 'streaming' }, options)).toBe('stop')
    expect(chooseMainAction({ kind: 'slow', silentMs: 21_000 }, options)).toBe('stop')
    expect(chooseMainAction({ kind: 'queued', ahead: 2, behind: null }, options)).toBe('cancel')
  })

  it('leads on when a stage is done, unless an instruction was typed', () => {
    const done = { kind: 'done', version: null } as const
    expect(chooseMainAction(done, options)).toBe('next')
    expect(chooseMainAction(done, { ...options, hasInstruction: true })).toBe('regenerate')
    expect(chooseMainAction(done, { ...options, hasNext: false })).toBe('regenerate')
  })

  it('S9 goes on with a text that reached the output limit, unless an instruction was typed', () => {
    const cut = { ...options, canContinue: true }
    expect(chooseMainAction({ kind: 'cutOff' }, cut)).toBe('continue')
    expect(chooseMainAction({ kind: 'cutOff' }, { ...cut, hasInstruction: true })).toBe('regenerate')
    expect(chooseMainAction({ kind: 'cutOff' }, options)).toBe('regenerate')
    expect(chooseMainAction({ kind: 'stopped', tokens: 3 }, cut)).toBe('regenerate')
  })

  it('goes on after a review, or runs again with what the user asks for', () => {
    const review = { kind: 'review', reviewed: 'rewrite', next: 'storyboard' } as const
    expect(chooseMainAction(review, options)).toBe('resume')
    expect(chooseMainAction(review, { ...options, hasInstruction: true })).toBe('regenerate')
  })
})

describe('what can be gone on with', () => {
  const cut = { ...version, id: 'r2', ending: 'cutOff' } as const

  it.each([
    ['a text that was cut off', { last: cut, failure: cutOff }, 'r2'],
    ['one that was stopped', { current: { ...cut, ending: 'stopped' as const } }, 'r2'],
    ['one that was interrupted', { last: { ...cut, ending: 'interrupted' as const }, failure: broken }, 'r2'],
    ['no text', {}, null],
    ['none with nothing in it', { last: { ...cut, length: 0 } }, null],
    ['none that is complete', { last: version, current: version }, null],
    ['none that is being written', { last: { ...cut, ending: null } }, null],
    [
      'none that is whole and of no use',
      { last: cut, failure: { code: 'provider.badAnswer', message: '' } as const },
      null,
    ],
  ])('S9 %s', (_, change, id) => {
    expect(continuableId({ ...stage, ...change })).toBe(id)
  })
})
