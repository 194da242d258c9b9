import type { Subject } from './subject.ts'

/** What a plot is told with. */
export type Cast = { subject: Subject; name: string; place: string; object: string; season: string }

/** Six paragraphs: opening, complication, turn, approach, climax, end. */
export type Plot = (cast: Cast) => string[]
