export const moves = ['push', 'pull', 'pan', 'truck', 'follow', 'static'] as const
export const speeds = ['slow', 'medium', 'fast'] as const

export type Move = (typeof moves)[number]
export type Speed = (typeof speeds)[number]

/** As film crews write them. */
export const chineseMoves: Readonly<Record<Move, string>> = {
  push: '推',
  pull: '拉',
  pan: '摇',
  truck: '移',
  follow: '跟',
  static: '静',
}
export const chineseSpeeds: Readonly<Record<Speed, string>> = { slow: '慢', medium: '中', fast: '快' }

/** Film crews say 推拉摇移跟静; models add 镜头, and in English the names of the rigs. */
const moveWords: Readonly<Record<string, Move>> = {
  推: 'push',
  拉: 'pull',
  摇: 'pan',
  移: 'truck',
  跟: 'follow',
  静: 'static',
  推近: 'push',
  推进: 'push',
  拉远: 'pull',
  拉开: 'pull',
  横摇: 'pan',
  横移: 'truck',
  平移: 'truck',
  移动: 'truck',
  跟随: 'follow',
  跟拍: 'follow',
  静止: 'static',
  固定: 'static',
  静态: 'static',
  'push in': 'push',
  'dolly in': 'push',
  'pull back': 'pull',
  'pull out': 'pull',
  'dolly out': 'pull',
  tilt: 'pan',
  track: 'truck',
  tracking: 'follow',
  'follow shot': 'follow',
  fixed: 'static',
  still: 'static',
}

const speedWords: Readonly<Record<string, Speed>> = {
  慢: 'slow',
  慢速: 'slow',
  缓慢: 'slow',
  中: 'medium',
  中速: 'medium',
  适中: 'medium',
  快: 'fast',
  快速: 'fast',
  normal: 'medium',
  moderate: 'medium',
  quick: 'fast',
}

/** The move a word means, or the word itself where it means none: the schema then names what is allowed. */
export function readMove(value: unknown): unknown {
  return typeof value === 'string' ? lookUp(value.replace(/镜头?$/u, ''), moveWords) : value
}

/** The speed a word means, or the word itself. */
export function readSpeed(value: unknown): unknown {
  return typeof value === 'string' ? lookUp(value, speedWords) : value
}

function lookUp(value: string, words: Readonly<Record<string, string>>): string {
  const word = value
    .trim()
    .toLowerCase()
    .replace(/[-_\s]+/g, ' ')
  return Object.hasOwn(words, word) ? words[word]! : word
}
