/** One part of a document as a stream: source that is copied, and paragraphs, which are whole in memory. */
import { unreadable } from '../refusal.ts'
import { Places } from './places.ts'
import { readXml, type XmlEvent, type XmlPiece } from './xmlReader.ts'
import { isWordTag, TreeBuilder, type XmlElement } from './xmlTree.ts'

/** In UTF-16 code units of source, and elements; the largest that a person has made is a hundredth of it. */
const longestParagraph = 2 * 1_024 * 1_024
const mostElements = 100_000

export type PartPiece = { kind: 'kept'; source: string } | { kind: 'paragraph'; paragraph: Paragraph }

export type Paragraph = {
  element: XmlElement
  /** Source between two places of the element. */
  slice(start: number, end: number): string
  place: string
}

export async function* readParagraphs(
  bytes: AsyncIterable<Uint8Array>,
  { kind, root }: { kind: string; root: readonly string[] },
): AsyncGenerator<PartPiece> {
  const splitter = new Splitter(kind, root)
  for await (const piece of readXml(bytes)) yield* splitter.split(piece)
}

class Splitter {
  /** Source that is not given out yet, and where it begins. */
  #source = ''
  #from = 0
  #builder: TreeBuilder | null = null
  #depth = 0
  readonly #places: Places
  readonly #root: readonly string[]

  constructor(kind: string, root: readonly string[]) {
    this.#places = new Places(kind)
    this.#root = root
  }

  *split({ source, events }: XmlPiece): Generator<PartPiece> {
    this.#source += source
    let end = this.#from
    for (const event of events) {
      end = event.end
      yield* this.#take(event)
    }
    if (this.#builder === null) yield* this.#keepUntil(end)
    else if (this.#source.length > longestParagraph || this.#builder.count > mostElements)
      throw unreadable('one of its paragraphs is larger than a book')
  }

  *#take(event: XmlEvent): Generator<PartPiece> {
    if (this.#builder !== null) {
      const element = this.#builder.add(event)
      if (element !== null) yield* this.#finish(element)
      return
    }
    if (event.kind === 'open') this.#depth += 1
    if (event.kind === 'close') this.#depth -= 1
    if (event.kind === 'close') this.#places.leave()
    if (event.kind !== 'open') return
    const { tag } = event
    if (this.#depth === 1 && !(isWordTag(tag) && this.#root.includes(tag.local)))
      throw unreadable('a part of it is not what it should be')
    if (!isWordTag(tag) || tag.local !== 'p') return this.#places.enter(tag)
    yield* this.#keepUntil(event.start)
    this.#depth -= 1
    this.#builder = new TreeBuilder()
    this.#builder.add(event)
  }

  *#finish(element: XmlElement): Generator<PartPiece> {
    this.#builder = null
    const source = this.#source.slice(0, element.end - this.#from)
    const from = this.#from
    this.#drop(element.end)
    const slice = (start: number, end: number): string => source.slice(start - from, end - from)
    yield { kind: 'paragraph', paragraph: { element, slice, place: this.#places.paragraph(element) } }
  }

  *#keepUntil(end: number): Generator<PartPiece> {
    if (end > this.#from) yield { kind: 'kept', source: this.#source.slice(0, end - this.#from) }
    this.#drop(end)
  }

  #drop(end: number): void {
    this.#source = this.#source.slice(end - this.#from)
    this.#from = end
  }
}
