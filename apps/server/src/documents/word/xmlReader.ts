/**
 * XML of strangers as events that know where they stand in the source, so that what is not changed can be copied as it
 * is. A document type is refused: nothing is ever resolved or expanded.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes'
import { asUnreadable, unreadable } from '../refusal.ts'

/** Nested deeper, no document is. */
const deepest = 256
/** One tag, text or comment, in UTF-16 code units; it stands in memory whole. */
const longestToken = 1_024 * 1_024

/** Places count UTF-16 code units from the beginning of the source; `end` is after the last. */
export type XmlEvent =
  | { kind: 'open'; tag: SaxesTagNS; start: number; end: number }
  | { kind: 'close'; start: number; end: number }
  | { kind: 'text'; text: string; start: number; end: number }

/** The events of one piece of the source, and that piece. */
export type XmlPiece = { source: string; events: XmlEvent[] }

/** UTF-8 only, as every program writes it. Throws 'file.unreadable' for what is not well-formed. */
export async function* readXml(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<XmlPiece> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = openReader()
  for await (const piece of bytes) yield readPiece(() => decoder.decode(piece, { stream: true }), reader.write)
  yield readPiece(() => decoder.decode(), reader.close)
}

/** Decodes and parses; what either objects to is the file's fault. */
function readPiece(decode: () => string, parse: (source: string) => XmlEvent[]): XmlPiece {
  try {
    const source = decode()
    return { source, events: parse(source) }
  } catch (error) {
    throw asUnreadable(error, 'a part of it is no well-formed XML')
  }
}

type Reader = { write: (source: string) => XmlEvent[]; close: (rest: string) => XmlEvent[] }

function openReader(): Reader {
  const parser = new SaxesParser<{ xmlns: true }>({ xmlns: true })
  let events: XmlEvent[] = []
  let depth = 0
  /** Where the last token ended: there the next one starts. */
  let at = 0
  const token = (): { start: number; end: number } => {
    const start = at
    at = parser.position
    return { start, end: at }
  }
  parser.on('doctype', () => {
    throw unreadable('it has a document type, which may name other files')
  })
  parser.on('opentag', (tag) => {
    depth += 1
    if (depth > deepest) throw unreadable('it is nested too deep')
    events.push({ kind: 'open', tag, ...token() })
  })
  parser.on('closetag', () => {
    depth -= 1
    events.push({ kind: 'close', ...token() })
  })
  parser.on('text', (text) => {
    // Told at the "<" after it, which belongs to the next token.
    const start = at
    at = Math.max(start, parser.position - 1)
    events.push({ kind: 'text', text, start, end: at })
  })
  parser.on('cdata', (text) => events.push({ kind: 'text', text, ...token() }))
  for (const name of ['comment', 'processinginstruction', 'xmldecl'] as const) parser.on(name, () => void token())

  const take = (): XmlEvent[] => {
    const taken = events
    events = []
    return taken
  }
  return {
    write(source) {
      parser.write(source)
      if (parser.position - at > longestToken) throw unreadable('one piece of its XML is larger than a book')
      return take()
    },
    close(rest) {
      parser.write(rest).close()
      return take()
    },
  }
}
