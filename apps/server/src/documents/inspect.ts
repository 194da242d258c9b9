/** What a file is, by its content. The name only tells plain texts apart. */
import { AppError, type DocumentFormat } from '@stagewright/core'
import { decodeText, detectEncoding, isText } from './encoding.ts'
import { checkPdf } from './pdf/readPdf.ts'
import { unknownType, unreadable } from './refusal.ts'
import { recognise } from './signatures.ts'
import { hasSubtitle } from './subtitles.ts'
import { checkWord } from './word/checkWord.ts'

/** The formats of plain text, by the end of the name. */
const textNames: Readonly<Record<string, DocumentFormat>> = { md: 'md', markdown: 'md', srt: 'srt' }
/** A text with such a name is something that went wrong. */
const otherNames = new Set(['docx', 'docm', 'dotx', 'doc', 'pdf', 'xlsx', 'pptx', 'zip', 'exe', 'odt', 'rtf'])

type File = { name: string; content: Uint8Array }

/** Throws AppError 'file.typeUnknown' or 'file.unreadable', both with the name. */
export async function inspect(file: File): Promise<DocumentFormat> {
  try {
    return await chooseFormat(file)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'file.unreadable') throw error
    const { problem = '' } = error.params
    const message = `"${file.name}" can't be read: ${problem}.`
    throw new AppError('file.unreadable', message, { params: { name: file.name, problem }, cause: error })
  }
}

async function chooseFormat({ name, content }: File): Promise<DocumentFormat> {
  const known = recognise(content)
  switch (known.kind) {
    case 'empty':
      throw unreadable('it is empty')
    case 'encrypted':
      throw unreadable('it is encrypted. Save it without a password')
    case 'zip':
      return checkWord({ name, content })
    case 'pdf':
      return checkPdf(content)
    case 'other':
      throw unknownType(name, known.what)
    case 'unmarked':
      return chooseText({ name, content })
  }
}

async function chooseText({ name, content }: File): Promise<DocumentFormat> {
  const encoding = detectEncoding(content)
  if (encoding === null) throw unknownType(name, 'no text in UTF-8, UTF-16 or GB18030')
  if (!isText(content, encoding)) throw unknownType(name, null)
  const ending = /\.([^.]*)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  if (otherNames.has(ending)) throw unknownType(name, 'plain text under a name that says otherwise')
  const format = textNames[ending] ?? 'txt'
  if (format !== 'srt') return format
  return (await hasSubtitle(decodeText(content, new AbortController().signal))) ? 'srt' : 'txt'
}
