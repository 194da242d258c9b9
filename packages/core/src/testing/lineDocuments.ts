import { AppError } from '../errors.ts'
import type { DocumentPort, Segment } from '../ports/files.ts'

const read = (content: Uint8Array): string[] => new TextDecoder().decode(content).split('\n')

/**
 * Documents for tests: a segment a line. What begins with `PK` is a docx, with `%PDF` a pdf, which is unreadable where
 * `broken` follows; a content with a NUL in it is none.
 */
export function createLineDocuments(): DocumentPort {
  return {
    async inspect({ name, content }) {
      const [first = ''] = read(content)
      if (first.startsWith('%PDFbroken'))
        throw new AppError('file.unreadable', 'It is broken.', { params: { name, problem: 'broken' } })
      if (first.startsWith('%PDF')) return 'pdf'
      if (first.startsWith('PK')) return 'docx'
      if (content.includes(0)) throw new AppError('file.typeUnknown', 'It is no document.', { params: { name } })
      return 'txt'
    },
    async *readSegments({ content }) {
      for (const [at, text] of read(content).entries()) yield segment(at + 1, text)
    },
    async *write({ content, targets }, signal) {
      for (const [at, text] of read(content).entries()) {
        signal.throwIfAborted()
        yield new TextEncoder().encode(`${at === 0 ? '' : '\n'}${targets.get(at + 1) ?? text}`)
      }
    },
  }
}

function segment(number: number, text: string): Segment {
  return { number, place: `line ${number}`, text }
}
