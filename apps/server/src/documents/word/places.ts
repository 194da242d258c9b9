/** Where a paragraph stands, in words for people. */
import type { SaxesTagNS } from 'saxes'
import { isWordTag, type XmlElement } from './xmlTree.ts'

/** Counts what is passed on the way through a part. A table within a table has the place of the outer one's cell. */
export class Places {
  readonly #kind: string
  readonly #open: string[] = []
  #paragraphs = 0
  #tables = 0
  #row = 0
  #column = 0
  #tableDepth = 0
  /** The number of the note that is open. */
  #note = ''

  constructor(kind: string) {
    this.#kind = kind
  }

  enter(tag: SaxesTagNS): void {
    const local = isWordTag(tag) ? tag.local : ''
    this.#open.push(local)
    if (local === 'tbl') {
      this.#tableDepth += 1
      if (this.#tableDepth > 1) return
      this.#tables += 1
      this.#row = 0
    }
    if (local === 'tr' && this.#tableDepth === 1) {
      this.#row += 1
      this.#column = 0
    }
    if (local === 'tc' && this.#tableDepth === 1) this.#column += 1
    if (local === 'footnote' || local === 'endnote' || local === 'comment')
      this.#note = tag.attributes[`${tag.prefix}:id`]?.value ?? ''
  }

  leave(): void {
    if (this.#open.pop() === 'tbl') this.#tableDepth -= 1
  }

  /** Empty paragraphs are not counted: people do not see them. */
  paragraph(element: XmlElement): string {
    if (this.#kind !== 'document') return `${this.#kind} ${this.#note}`.trim()
    if (this.#tableDepth > 0) return `table ${this.#tables}, row ${this.#row}, column ${this.#column}`
    if (hasText(element)) this.#paragraphs += 1
    return `paragraph ${Math.max(1, this.#paragraphs)}`
  }
}

function hasText({ local, text, children }: XmlElement): boolean {
  return (local === 't' && text.trim() !== '') || children.some(hasText)
}
