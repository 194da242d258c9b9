import type { WritingLanguage } from './readRequest.ts'
import { readJsonList } from './readJsonList.ts'
import { dropEndMark } from './sentences.ts'
import { addTo, type Shot } from './shots.ts'
import { readRowWish } from './wish.ts'

export type CameraMove = { number: number; move: string; speed: string; prompt: string }

type MoveName = 'push' | 'pull' | 'pan' | 'truck' | 'follow' | 'static'
type SpeedName = 'slow' | 'medium' | 'fast'

/** A camera move for each shot: what its framing and action ask for, never the same twice running. */
export function makeMoves(shots: readonly Shot[], language: WritingLanguage): CameraMove[] {
  let before: MoveName | null = null
  return shots.map((shot, index) => {
    const move = chooseMove(shot, index, before)
    before = move
    const speed = chooseSpeed(shot)
    return { number: shot.number, move, speed, prompt: describe(move, speed, shot.visual, language) }
  })
}

/** The moves someone made, null where there are none. */
export function readMoves(text: string): CameraMove[] | null {
  return readJsonList(text, 'moves', (row, index) => {
    if (typeof row.move !== 'string' || typeof row.speed !== 'string' || typeof row.prompt !== 'string') return null
    return { number: Number(row.number) || index + 1, move: row.move, speed: row.speed, prompt: row.prompt }
  })
}

/** The moves changed as wished. */
export function reviseMoves(moves: readonly CameraMove[], wished: string, language: WritingLanguage): CameraMove[] {
  const { number, words } = readRowWish(wished)
  const change = readChange(words)
  return moves.map((row) => {
    if (number !== null && row.number !== number) return row
    return { ...row, ...change, prompt: addTo(row.prompt, words, language) }
  })
}

const changes: readonly (readonly [RegExp, Partial<CameraMove>])[] = [
  [/慢|\bslow/iu, { speed: 'slow' }],
  [/快|\bfast/iu, { speed: 'fast' }],
  [/静止|固定|不动|\bstatic\b|\bstill\b/iu, { move: 'static' }],
  [/推/u, { move: 'push' }],
  [/\bpush/iu, { move: 'push' }],
  [/拉/u, { move: 'pull' }],
  [/\bpull/iu, { move: 'pull' }],
  [/摇|\bpan\b/iu, { move: 'pan' }],
  [/跟|\bfollow/iu, { move: 'follow' }],
  [/横移|移动|\btruck/iu, { move: 'truck' }],
]

function readChange(words: string): Partial<CameraMove> {
  return Object.assign(
    {},
    ...changes.filter(([cue]) => cue.test(words)).map(([, change]) => change),
  ) as Partial<CameraMove>
}

const preferences: readonly (readonly [RegExp, readonly MoveName[]])[] = [
  [/特写|extreme close/iu, ['push', 'static']],
  [/沿着|走|跑|骑|\b(?:walk|follow|run|road|rode)/iu, ['follow', 'truck']],
  [/近景|close/iu, ['static', 'push']],
  [/远景|wide/iu, ['pull', 'pan']],
  [/全景|full/iu, ['truck', 'pan']],
]

const order: readonly MoveName[] = ['pan', 'push', 'truck', 'static', 'follow', 'pull']

function chooseMove(shot: Shot, index: number, before: MoveName | null): MoveName {
  const preferred = preferences.find(([cue]) => cue.test(shot.visual))?.[1] ?? []
  const candidates = [...preferred, order[index % order.length]!, order[(index + 1) % order.length]!]
  return candidates.find((move) => move !== before) ?? 'static'
}

function chooseSpeed(shot: Shot): SpeedName {
  if (/跑|追|奔|炸|迅速|\b(?:ran|chase|burst|rush|hurried)/iu.test(shot.visual)) return 'fast'
  return shot.seconds >= 7 ? 'slow' : 'medium'
}

const chineseHow: Record<SpeedName, string> = { slow: '缓缓', medium: '平稳地', fast: '迅速' }
const englishHow: Record<SpeedName, string> = { slow: 'slowly', medium: 'steadily', fast: 'quickly' }

const chineseMoves: Record<MoveName, (how: string) => string> = {
  push: (how) => `镜头${how}推近主体，视线停在最要紧的细节上`,
  pull: (how) => `镜头从主体${how}拉开，渐渐露出四周的全貌`,
  pan: (how) => `机位不动，镜头${how}摇过画面，从一侧看到另一侧`,
  truck: (how) => `镜头${how}横移，前景掠过，层次在移动中展开`,
  follow: (how) => `镜头在身后${how}跟随，与人物保持同样的距离`,
  static: () => '镜头固定不动，让画面里的动作自己说话',
}

const englishMoves: Record<MoveName, (how: string) => string> = {
  push: (how) => `The camera pushes in ${how} until the one detail that matters fills the frame`,
  pull: (how) => `The camera pulls back ${how} and lets the whole place come into view`,
  pan: (how) => `The camera stays where it is and pans ${how} from one side to the other`,
  truck: (how) => `The camera trucks sideways ${how}, the foreground sliding past`,
  follow: (how) => `The camera follows ${how} from behind, keeping its distance`,
  static: () => 'The camera holds still and leaves the movement to what is in the frame',
}

function describe(move: MoveName, speed: SpeedName, visual: string, language: WritingLanguage): string {
  const scene = dropEndMark(visual)
  if (language === 'zh') return `${scene}。${chineseMoves[move](chineseHow[speed])}。`
  return `${scene}. ${englishMoves[move](englishHow[speed])}.`
}
