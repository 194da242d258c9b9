/** The formats of documents, one module each; what they have in common is said here. */
import type { DocumentFormat, DocumentPort, Segment } from '@stagewright/core'
import { decodeText, detectEncoding, encodeText } from './encoding.ts'
import { inspect } from './inspect.ts'
import { splitMarkdown } from './markdown.ts'
import { segmentsOf, writeParts, type Part } from './parts.ts'
import { readPdf } from './pdf/readPdf.ts'
import { readPlainText } from './plainText.ts'
import { splitSubtitles } from './subtitles.ts'
import { readWord, writeWord } from './word/word.ts'

export function createDocumentPort(): DocumentPort {
  return {
    inspect,
    readSegments: ({ format, content }, signal) => readSegments(format, content, signal),
    write: (document, signal) => write(document, signal),
  }
}

function readSegments(format: DocumentFormat, content: Uint8Array, signal: AbortSignal): AsyncIterable<Segment> {
  if (format === 'docx') return readWord(content, signal)
  return segmentsOf(partsOf(format, content, signal))
}

function write(
  { format, content, targets }: Parameters<DocumentPort['write']>[0],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  if (format === 'docx') return writeWord(content, targets, signal)
  const encoding = format === 'pdf' ? 'utf-8' : (detectEncoding(content) ?? 'utf-8')
  return encodeText(encoding, writeParts(partsOf(format, content, signal), targets))
}

function partsOf(
  format: Exclude<DocumentFormat, 'docx'>,
  content: Uint8Array,
  signal: AbortSignal,
): AsyncIterable<Part> {
  switch (format) {
    case 'txt':
      return readPlainText(content, signal)
    case 'md':
      return splitMarkdown(decodeText(content, signal))
    case 'srt':
      return splitSubtitles(decodeText(content, signal))
    case 'pdf':
      return readPdf(content, signal)
  }
}
