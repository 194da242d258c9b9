/** What the reader of a PDF and its thread say to one another. */
export type FromPdfWorker =
  /** The text of the next page, a paragraph in each line. */
  { kind: 'page'; text: string } | { kind: 'end' } | { kind: 'failed'; problem: string }

/** The next page is read once the one before is taken. */
export type ToPdfWorker = { kind: 'next' }
