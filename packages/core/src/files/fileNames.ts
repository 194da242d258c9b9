import { cleanName } from '../exports/fileName.ts'
import type { DocumentFormat } from '../ports/files.ts'

/** An ending that says something: `.docx`, also of two letters of any language, not the rest of a sentence. */
const extensionPattern = /^(.*)\.([\p{L}\p{N}]{1,16})$/su

/** The name of a file that was sent: of a path its last part, without what no system takes; the extension stays. */
export function cleanFileName(given: string): string {
  const last = given.split(/[\\/]/).findLast((part) => part.trim() !== '') ?? ''
  const [, stem, extension] = extensionPattern.exec(last.trim()) ?? []
  if (stem === undefined) return cleanName(last)
  return `${cleanName(stem)}.${extension!.normalize('NFC')}`
}

/** The name without its extension. */
export function stemOf(name: string): string {
  return extensionPattern.exec(name)?.[1] || name
}

/** "Report.docx" made anew: "Report.de.docx". What is left of a pdf is its text. */
export function deliveredName(name: string, suffix: string, format: DocumentFormat): string {
  return `${stemOf(name)}.${cleanName(suffix)}.${deliveredFormat(format)}`
}

export function deliveredFormat(format: DocumentFormat): Exclude<DocumentFormat, 'pdf'> {
  return format === 'pdf' ? 'txt' : format
}
