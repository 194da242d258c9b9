import { describe, expect, it } from 'vitest'
import { foresee, typicalOf, type StageSoFar } from './foresee.ts'

const run = (key: string, durationMs: number, length: number) => ({ key, durationMs, length })
const typical = typicalOf([
  ...[10_000, 90_000, 12_000].map((durationMs) => run('a', durationMs, 1_000)),
  ...[20_000, 20_000, 20_000, 1].map((durationMs) => run('b', durationMs, 500)),
  ...[1, 2].map((durationMs) => run('rare', durationMs, 1)),
])
const stage = (key: string, over: Partial<StageSoFar> = {}): StageSoFar => ({
  key,
  status: 'queued',
  elapsedMs: null,
  length: 0,
  ownShare: null,
  ...over,
})
const running = { status: 'running' as const }

describe('what is usual', () => {
  it('E53 is the median, of stages that were run three times or more', () => {
    expect([...typical]).toEqual([
      ['a', { durationMs: 12_000, length: 1_000 }],
      ['b', { durationMs: 20_000, length: 500 }],
    ])
  })
})

describe('a task', () => {
  it.each([
    ['before it begins', [stage('a'), stage('b')], 0, 32_000],
    ['before its first word', [stage('a', { ...running, elapsedMs: 2_000 }), stage('b')], 0, 30_000],
    [
      'in the middle of a stage',
      [stage('a', { ...running, elapsedMs: 4_000, length: 500 }), stage('b')],
      6 / 32,
      24_000,
    ],
    ['that is slower than usual', [stage('a', { ...running, elapsedMs: 24_000, length: 500 })], 0.5, 24_000],
    ['that tells by itself', [stage('a', { ...running, elapsedMs: 6_000, length: 900, ownShare: 0.25 })], 0.25, 18_000],
    ['whose text is longer than usual', [stage('a', { ...running, elapsedMs: 19_000, length: 3_000 })], 0.95, 1_000],
    ['that waits long for its first word', [stage('a', { ...running, elapsedMs: 60_000 })], 0, 600],
    ['with a stage done', [stage('a', { status: 'done' }), stage('b')], 12 / 32, 20_000],
    ['that is done', [stage('a', { status: 'done' })], 1, 0],
  ])('E53 is foreseen %s', (_, stages, share, remainingMs) => {
    const seen = foresee(stages, typical)!
    expect(seen.share).toBeCloseTo(share, 6)
    expect(seen.remainingMs).toBeCloseTo(remainingMs, 3)
  })

  it('E53 is not foreseen while one of its stages is not known well enough', () => {
    expect(foresee([stage('a'), stage('rare')], typical)).toBeNull()
    expect(foresee([stage('new')], typical)).toBeNull()
  })
})
