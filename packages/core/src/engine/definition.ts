import type { Failure } from '../errors.ts'
import type { Cue, Table } from '../exports/exportFormats.ts'
import type { Segment } from '../ports/files.ts'
import type { Message } from '../ports/provider.ts'
import type { PipelineWords } from './words.ts'
import type { DeliveredFile, Delivery } from './documents.ts'

/** What a project was created with, as its pipeline's `input` schema left it. */
export type ProjectInput = Readonly<Record<string, unknown>>

/** Everything a stage may look at when it runs. */
export type StageContext = {
  projectInput: ProjectInput
  /** The text of the stage before it, or the user's own text given instead; for a first stage, the project's text. */
  input: string
  /** The texts of the earlier stages it `reads`, by their keys. */
  earlier: Readonly<Record<string, string>>
  /** The stage's present text when this is a feedback run, otherwise null. */
  presentText: string | null
  /** The user's instructions for this stage in order, the newest last; empty on a plain run. */
  instructions: readonly string[]
  /** Text of this rewrite kept from an earlier attempt, empty on a fresh start. New text goes on right after it. */
  keptText: string
  /** What the stage said at its last checkpoint, null on a fresh start. */
  checkpoint: unknown
  /** The one part to write anew, null when it is the whole: what is yielded then stands between `before` and `after`. */
  part: PartRun | null
  /** Calls a model; its text must be yielded by the stage to become part of the rewrite. */
  call(request: { messages: readonly Message[]; format: 'text' | 'json' }): AsyncIterable<string>
  /** The segments of a file of the project. Its failures pass through like a provider's. */
  readDocument(fileId: string): AsyncIterable<Segment>
  /** Writes a file of the project again with these texts in the places of their segments, and keeps it with the rewrite. */
  deliverDocument(delivery: Pick<Delivery, 'fileId' | 'suffix' | 'targets'>): Promise<DeliveredFile>
}

/** A place in a finished text that can be written anew alone; offsets in UTF-16 code units. */
export type Part = { key: string; title: string; start: number; end: number }

/** A part, and the text around it, of the version it is taken from. */
export type PartRun = Part & { before: string; text: string; after: string }

export type StageOutput =
  | { type: 'text'; text: string }
  /** All text before this is final: a takeover goes on from here with `data` as its `checkpoint`. */
  | { type: 'checkpoint'; data: unknown }

/** `files`: many files in one text, see `readFiles`. */
export type StageFormat = 'markdown' | 'json' | 'files'

/** `score`: what a stage that judges gave, 0 to 100, also where that is too little. */
export type Check = ({ ok: true; summary: string } | { ok: false; failure: Failure }) & { score?: number }

export type StageDefinition = {
  key: string
  format: StageFormat
  /** Earlier stages, before the one right before it, whose texts it needs too. */
  reads?: readonly string[]
  /** From this length on its text may be looked at as a page, while it is still being written. UTF-16 code units. */
  previewFrom?: number
  /** Runs the stage. A provider's failure is thrown by `call` and passes through; the engine knows it. */
  run(context: StageContext): AsyncGenerator<StageOutput, void>
  /**
   * How much of a text that was cut somewhere is whole, where the text itself says so: a takeover and a continued text
   * keep that much, whatever the last checkpoint. In UTF-16 code units.
   */
  keepUpTo?(text: string): number
  /** How far a run is at a checkpoint of its own, 0 to 1. */
  progressOf?(checkpoint: unknown): number
  /** Looks at the whole text once it is there. A failure here ends the task as failed, the text kept. */
  check(text: string, input: ProjectInput): Check
  /** The parts that can be written anew alone, in order, wherever the text was cut. Without it there are none. */
  readParts?(text: string): readonly Part[]
  /** The files a text of many holds, wherever it was cut. */
  readFiles?(text: string): readonly { path: string; content: string }[]
  /** The page that a text of files is, on its own; null while there is none. It may run scripts. */
  readPage?(text: string): string | null
  /** What can be shown of the text as rows, wherever it was cut; headings are in the language of the text. */
  readTable?(text: string): Table
  /** The same as words with their times, for subtitles. */
  readCues?(text: string): readonly Cue[]
}

export type PipelineDefinition = {
  key: string
  words: PipelineWords
  /** The field of its input that is the text it begins with, and how long that may be, in characters (code points). */
  text?: { field: string; limit: number }
  /** Checks what `projects.create` was given; throws AppError('input.invalid' | 'input.tooLong'). */
  parseInput(input: unknown): ProjectInput
  /** The text the first stage starts from. */
  firstInput(input: ProjectInput): string
  /** The file that its input names, and which the project then owns. Without it there is none. */
  fileOf?(input: ProjectInput): string | null
  /** A title for a project created without one; `file` is the one that the input names. */
  titleOf(input: ProjectInput, file?: { name: string }): string
  stages: readonly StageDefinition[]
}
