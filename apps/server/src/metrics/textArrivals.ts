/**
 * When the text of this process came from its providers, by place: what the delay of a frame is measured from. Only
 * marks are kept, at most one a text and `everyMs`, and the last few of each text.
 */
import type { FeedPublisher, LiveText } from '@stagewright/core'

const everyMs = 40
const keptMarks = 50

type Mark = { end: number; atMs: number }
type Marks = { length: number; marks: Mark[] }

export type TextArrivals = {
  /** The publisher with its text watched. */
  watch(feed: FeedPublisher): FeedPublisher
  /** When the character at `offset` had come, by `performance.now()`; null when that is not known here. */
  timeOf(rewriteId: string, offset: number): number | null
}

export function createTextArrivals(): TextArrivals {
  const texts = new Map<string, Marks>()
  return {
    watch: (feed) => ({
      ...feed,
      startText(rewrite, keptText) {
        const text: Marks = { length: keptText.length, marks: [] }
        texts.set(rewrite.id, text)
        const forget = (): void => {
          if (texts.get(rewrite.id) === text) texts.delete(rewrite.id)
        }
        return watchText(feed.startText(rewrite, keptText), text, forget)
      },
    }),
    timeOf(rewriteId, offset) {
      const marks = texts.get(rewriteId)?.marks ?? []
      const [oldest] = marks
      // Older than what is remembered: a viewer that catches up, whose delay says nothing about the stream.
      if (oldest === undefined || offset < oldest.end) return null
      return marks.find(({ end }) => end > offset)?.atMs ?? null
    },
  }
}

function watchText(live: LiveText, text: Marks, forget: () => void): LiveText {
  return {
    append(piece) {
      text.length += piece.length
      const atMs = performance.now()
      const last = text.marks.at(-1)
      if (last === undefined || atMs - last.atMs >= everyMs) {
        text.marks.push({ end: text.length, atMs })
        if (text.marks.length > keptMarks) text.marks.shift()
      }
      live.append(piece)
    },
    show: (figures) => live.show(figures),
    close(closed) {
      forget()
      live.close(closed)
    },
    abandon() {
      forget()
      live.abandon()
    },
  }
}
