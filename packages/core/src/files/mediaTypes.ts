import type { DocumentFormat } from '../ports/files.ts'

/** What stands in `Content-Type`: none of them is anything that a browser would run. */
export const mediaTypes: Readonly<Record<DocumentFormat, string>> = {
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  pdf: 'application/pdf',
}

/** Of a content that has not been looked at. */
export const unknownMediaType = 'application/octet-stream'
