/** Files: what people upload and what stages deliver. Their records stand in the database, their contents in a store. */

/** What a document is, by its content. `pdf` can only be read. */
export const documentFormats = ['txt', 'md', 'srt', 'docx', 'pdf'] as const
export type DocumentFormat = (typeof documentFormats)[number]

/** The largest file that is taken, in bytes. */
export const fileLimitBytes = 20 * 1_024 * 1_024

/** One piece of a document that is translated on its own. */
export type Segment = {
  /** From 1 on, without gaps, the same each time the document is read. */
  number: number
  /** Where it stands, for people: "line 12", "00:01:02,500", "paragraph 7", "table 2, row 1, column 3", "header". */
  place: string
  /** Its text. In a docx `<1>…</1>` mark words with a look of their own and `<2/>` things that are no text. */
  text: string
}

/** Keys are ids, so that none can lead out of a store, whatever it makes of them. Throws TypeError for others. */
export function requireFileKey(key: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)) throw new TypeError('The key of a file must be an id.')
  return key
}

/** The contents of files, by the ids of their rows. Nothing is read before it is whole. */
export interface FileStore {
  /** Stores all of it or nothing. A second write of the same key replaces the first. */
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<void>
  /** Throws AppError 'notFound' when there is none, before the first piece. */
  read(key: string): AsyncIterable<Uint8Array>
  /** Whether or not it is there. */
  remove(key: string): Promise<void>
}

/** Knows the formats of documents; it needs libraries, so it is not the program's own. */
export interface DocumentPort {
  /**
   * What the content is, whatever its name says. Throws AppError 'file.typeUnknown' (name) or 'file.unreadable'
   * (name, problem); takes bounded memory whatever the file.
   */
  inspect(file: { name: string; content: Uint8Array }): Promise<DocumentFormat>
  /** Its segments in order, read as they are taken. Throws AppError 'file.unreadable'. */
  readSegments(document: { format: DocumentFormat; content: Uint8Array }, signal: AbortSignal): AsyncIterable<Segment>
  /**
   * The document in its own format (a pdf as txt) with the texts of `targets` in the places of their segments; a segment
   * that is not in it stays as it is.
   */
  write(
    document: { format: DocumentFormat; content: Uint8Array; targets: ReadonlyMap<number, string> },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>
}
