import type { ClosedEvent, Figures } from './events.ts'
import type { LiveText } from './producer.ts'
import type { RelaySender } from './relaySender.ts'

/** What a producer's text does in its process. */
export type LiveTextTarget = {
  append(offset: number, text: string): void
  show(figures: Figures): void
  close(closed: Pick<ClosedEvent, 'length' | 'sha256' | 'ending'>): void
  abandon(): void
}

/** The producer's end of a text: it counts where the text stands, and tells this process and, by a relay, the others. */
export function createLiveText(from: number, target: LiveTextTarget, sender: RelaySender | null): LiveText {
  let offset = from
  return {
    append(text) {
      target.append(offset, text)
      sender?.append(offset, text)
      offset += text.length
    },
    show(figures) {
      target.show(figures)
      sender?.show(figures)
    },
    close(closed) {
      sender?.flush()
      target.close(closed)
    },
    abandon() {
      sender?.flush()
      target.abandon()
    },
  }
}
