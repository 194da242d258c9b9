/** One element with all that is in it, each with its place in the source. */
import type { SaxesTagNS } from 'saxes'
import type { XmlEvent } from './xmlReader.ts'

export type XmlElement = {
  /** `w:p`, as it is written. */
  name: string
  /** `p`. */
  local: string
  isWord: boolean
  attributes: SaxesTagNS['attributes']
  start: number
  /** Of the start tag. */
  openEnd: number
  /** Of the end tag; as `end` where the element is empty in one tag. */
  closeStart: number
  end: number
  children: XmlElement[]
  /** What it holds as text, without that of its children. */
  text: string
}

const wordNames = new Set([
  'http://schemas.openxmlformats.org/wordprocessingml/2006/main',
  'http://purl.oclc.org/ooxml/wordprocessingml/main',
])

export function isWordTag({ uri }: SaxesTagNS): boolean {
  return wordNames.has(uri)
}

/** Builds the tree of one element; `add` returns it once it is closed. */
export class TreeBuilder {
  readonly #open: XmlElement[] = []
  /** How many elements there are so far. */
  count = 0

  add(event: XmlEvent): XmlElement | null {
    if (event.kind === 'open') this.#enter(event.tag, event)
    else if (event.kind === 'close') return this.#leave(event)
    else this.#open.at(-1)!.text += event.text
    return null
  }

  #enter(tag: SaxesTagNS, { start, end }: { start: number; end: number }): void {
    const element: XmlElement = {
      name: tag.name,
      local: tag.local,
      isWord: isWordTag(tag),
      attributes: tag.attributes,
      start,
      openEnd: end,
      closeStart: end,
      end,
      children: [],
      text: '',
    }
    this.count += 1
    this.#open.at(-1)?.children.push(element)
    this.#open.push(element)
  }

  #leave({ start, end }: { start: number; end: number }): XmlElement | null {
    const element = this.#open.pop()!
    element.closeStart = start
    element.end = end
    return this.#open.length === 0 ? element : null
  }
}

/** The value of `w:<name>`. */
export function attributeOf(element: XmlElement, name: string): string | null {
  const prefix = element.name.slice(0, -element.local.length)
  return element.attributes[`${prefix}${name}`]?.value ?? null
}

export function childOf(element: XmlElement, local: string): XmlElement | null {
  return element.children.find((child) => child.isWord && child.local === local) ?? null
}
