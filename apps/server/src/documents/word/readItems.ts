/** A paragraph's element as items. */
import { hasWords } from '../parts.ts'
import { foldFields, isComputed, type Atom } from './fields.ts'
import { lookOf, textOf, type Item, type Run } from './items.ts'
import { attributeOf, childOf, type XmlElement } from './xmlTree.ts'

/** Gives the source between two places. */
export type Slice = (start: number, end: number) => string

/** Around runs, and nothing to a reader but a link or a mark of who wrote it. */
const groups = new Set(['hyperlink', 'ins', 'moveTo', 'smartTag', 'customXml', 'fldSimple', 'dir', 'bdo', 'sdt'])
/** Old text of tracked changes. */
const deleted = new Set(['del', 'moveFrom'])
const marks = /^(?:bookmark|commentRange|perm|moveFromRange|moveToRange|customXml\w+Range)\w*(?:Start|End)$/
const longestName = 40
/** What a spelling check or the last layout left behind; it is of the old text. */
const stale = new Set(['proofErr', 'lastRenderedPageBreak'])
/** Filled in by choice and not by writing. */
const choices = new Set(['dropDownList', 'comboBox', 'date', 'picture', 'checkbox', 'docPartList'])

/** The items of a paragraph (without its properties), a link or the like. */
export function readItems(element: XmlElement, slice: Slice): Item[] {
  return foldFields(element.children.flatMap((child) => readChild(child, slice)))
}

function readChild(child: XmlElement, slice: Slice): Atom[] {
  const xml = slice(child.start, child.end)
  if (!child.isWord) return [child.local === 'bookmarkStart' ? hide(xml) : { kind: 'thing', xml }]
  if (child.local === 'pPr' || stale.has(child.local) || child.local.endsWith('Pr')) return []
  if (child.local === 'r') return readRun(child, slice)
  if (deleted.has(child.local) || isMark(child.local)) return [hide(xml)]
  return [groups.has(child.local) ? readGroup(child, slice) : { kind: 'thing', xml }]
}

function isMark(local: string): boolean {
  return local.length < longestName && marks.test(local)
}

function hide(xml: string): Item {
  return { kind: 'hidden', xml, isPinned: false }
}

function readGroup(element: XmlElement, slice: Slice): Item {
  const xml = slice(element.start, element.end)
  const holder = element.local === 'sdt' ? childOf(element, 'sdtContent') : element
  const isChoice = childOf(element, 'sdtPr')?.children.some(({ local }) => choices.has(local)) === true
  const isComputedField = element.local === 'fldSimple' && isComputed(attributeOf(element, 'instr') ?? '')
  if (holder === null || isChoice || isComputedField) return { kind: 'thing', xml }
  const items = readItems(holder, slice)
  if (items.length === 0) return hide(xml)
  if (!hasWords(textOf(items))) return { kind: 'thing', xml }
  const head = holder.children.filter(({ local }) => local.endsWith('Pr')).at(-1)
  return {
    kind: 'group',
    open: slice(element.start, head?.end ?? holder.openEnd),
    items,
    close: slice(holder.closeStart, element.end),
  }
}

/** Each of a run's children becomes a run of its own with the same formatting. */
function readRun(element: XmlElement, slice: Slice): Atom[] {
  const properties = childOf(element, 'rPr')
  const run: Run = {
    open: slice(element.start, element.openEnd).replace(/\/>$/, '>'),
    properties: properties === null ? '' : slice(properties.start, properties.end),
    name: element.name,
  }
  const look = lookOf(run.properties)
  return element.children.flatMap((child): Atom[] => {
    if (child === properties || stale.has(child.local)) return []
    const xml = `${run.open}${run.properties}${slice(child.start, child.end)}</${run.name}>`
    if (!child.isWord) return [{ kind: 'thing', xml }]
    switch (child.local) {
      case 't':
        return readText(child).map((text) => ({ kind: 'text', text, run, look }))
      case 'noBreakHyphen':
        return [{ kind: 'text', text: '\u2011', run, look }]
      case 'delText':
      case 'delInstrText':
      case 'commentReference':
        return [hide(xml)]
      case 'instrText':
        return [{ kind: 'instruction', text: child.text, xml }]
      case 'fldChar':
        return [{ kind: 'mark', type: attributeOf(child, 'fldCharType') ?? '', xml }]
      default:
        return [{ kind: 'thing', xml }]
    }
  })
}

/** As it is shown: space around a text counts only where it says so. */
function readText({ text, attributes }: XmlElement): string[] {
  const shown = text.replaceAll(/[\t\r\n]+/g, ' ')
  const kept = attributes['xml:space']?.value === 'preserve' ? shown : shown.trim()
  return kept === '' ? [] : [kept]
}
