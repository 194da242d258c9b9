import { moves, readMove, readSpeed, speeds, type Move, type Speed } from '../../types.ts'

export type ShotRow = { number: number; visual: string; narration: string; seconds: number | null }
export type CameraRow = {
  number: number
  move: Move | null
  moveWord: string
  speed: Speed | null
  speedWord: string
  prompt: string
}

/** What a row reader needs of a schema. The server has judged the row; here it only has to be readable. */
export type RowShape<T> = {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { message: string; path: string[] }[] } }
}

export const shotShape: RowShape<ShotRow> = {
  safeParse(value) {
    if (!isObject(value) || typeof value.visual !== 'string') return unreadable('visual')
    return {
      success: true,
      data: {
        number: toNumber(value.number) ?? 0,
        visual: value.visual,
        narration: toText(value.narration),
        seconds: toNumber(value.seconds),
      },
    }
  },
}

export const cameraShape: RowShape<CameraRow> = {
  safeParse(value) {
    if (!isObject(value) || typeof value.prompt !== 'string') return unreadable('prompt')
    const move = readMove(value.move)
    const speed = readSpeed(value.speed)
    return {
      success: true,
      data: {
        number: toNumber(value.number) ?? 0,
        move: moves.find((known) => known === move) ?? null,
        moveWord: toText(value.move),
        speed: speeds.find((known) => known === speed) ?? null,
        speedWord: toText(value.speed),
        prompt: value.prompt,
      },
    }
  },
}

export type SectionRow = { number: number; title: string; content: string; locked: boolean }

export const sectionShape: RowShape<SectionRow> = {
  safeParse(value) {
    if (!isObject(value) || typeof value.title !== 'string') return unreadable('title')
    if (typeof value.content !== 'string') return unreadable('content')
    const { title, content } = value
    return {
      success: true,
      data: { number: toNumber(value.number) ?? 0, title, content, locked: value.locked === true },
    }
  },
}

export type CriterionRow = { number: number; name: string; score: number | null; reason: string }

export const criterionShape: RowShape<CriterionRow> = {
  safeParse(value) {
    if (!isObject(value) || typeof value.name !== 'string') return unreadable('name')
    const { name, reason } = value
    return {
      success: true,
      data: { number: toNumber(value.number) ?? 0, name, score: toNumber(value.score), reason: toText(reason) },
    }
  },
}

export type SegmentRow = { number: number; place: string; text: string }

export const segmentShape: RowShape<SegmentRow> = {
  safeParse(value) {
    if (!isObject(value) || typeof value.text !== 'string') return unreadable('text')
    return {
      success: true,
      data: { number: toNumber(value.number) ?? 0, place: toText(value.place), text: value.text },
    }
  },
}

/** `target`: null while there is no translation. */
export type PairRow = { number: number; place: string; source: string; target: string | null }

export const pairShape: RowShape<PairRow> = {
  safeParse(value) {
    if (!isObject(value) || typeof value.source !== 'string') return unreadable('source')
    const { number, place, source, target } = value
    return {
      success: true,
      data: {
        number: toNumber(number) ?? 0,
        place: toText(place),
        source,
        target: typeof target === 'string' ? target : null,
      },
    }
  },
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Models write 5, "5" and "5s". */
function toNumber(value: unknown): number | null {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

function unreadable(field: string): { success: false; error: { issues: { message: string; path: string[] }[] } } {
  return { success: false, error: { issues: [{ message: field, path: [field] }] } }
}
