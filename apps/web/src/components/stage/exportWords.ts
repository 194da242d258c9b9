import type { MessageKey } from '../../i18n.ts'
import type { ExportFormat } from '../../types.ts'

/** What people call the forms. */
export const exportWords: Readonly<Record<ExportFormat, MessageKey>> = {
  docx: 'export.docx',
  md: 'export.md',
  html: 'export.html',
  csv: 'export.csv',
  srt: 'export.srt',
  json: 'export.json',
  zip: 'export.zip',
}
