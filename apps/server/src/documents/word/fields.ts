/** Complex fields, which are marks in a row of runs: begin, instruction, separate, result, end. */
import { hasWords } from '../parts.ts'
import { textOf, xmlOf, type Item } from './items.ts'

/** What runs hold, before fields are put together. */
export type Atom =
  | Item
  | { kind: 'mark'; type: string; xml: string }
  | { kind: 'instruction'; text: string; xml: string }

/** Word works these out itself: their result is no text of the author. */
const computed =
  /^\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION|PAGEREF|SEQ|DATE|TIME|CREATEDATE|SAVEDATE|PRINTDATE|EDITTIME|EQ|LISTNUM|AUTONUM\w*|NOTEREF|SYMBOL|FILENAME|FILESIZE|NUMWORDS|NUMCHARS|REVNUM|BARCODE|MERGEFIELD|FORM\w+|=)(?:\s|$|\d)/i
/** These show nothing. */
const invisible = /^\s*(?:XE|TC|RD|TA)\b/i

export function isComputed(instruction: string): boolean {
  return computed.test(instruction)
}

/** A field whole in this row is one thing, or a group where its result is text. Marks without a partner pin the order. */
export function foldFields(atoms: readonly Atom[]): Item[] {
  const items: Item[] = []
  for (let at = 0; at < atoms.length; at += 1) {
    const atom = atoms[at]!
    if (atom.kind !== 'mark' && atom.kind !== 'instruction') {
      items.push(atom)
      continue
    }
    const end = atom.kind === 'mark' && atom.type === 'begin' ? findEnd(atoms, at) : -1
    if (end < 0) items.push({ kind: 'hidden', xml: atom.xml, isPinned: true })
    else {
      items.push(foldField(atoms.slice(at, end + 1)))
      at = end
    }
  }
  return items
}

function foldField(atoms: readonly Atom[]): Item {
  const separate = atoms.findIndex((atom) => atom.kind === 'mark' && atom.type === 'separate')
  const instruction = atoms.flatMap((atom) => (atom.kind === 'instruction' ? atom.text : [])).join('')
  const isNested = atoms.slice(1).some((atom) => atom.kind === 'mark' && atom.type === 'begin')
  const whole = rawXml(atoms)
  if (invisible.test(instruction)) return { kind: 'hidden', xml: whole, isPinned: false }
  if (separate < 0 || isNested || isComputed(instruction)) return { kind: 'thing', xml: whole }
  const items = foldFields(atoms.slice(separate + 1, -1))
  if (!hasWords(textOf(items))) return { kind: 'thing', xml: whole }
  return { kind: 'group', open: rawXml(atoms.slice(0, separate + 1)), items, close: rawXml(atoms.slice(-1)) }
}

function rawXml(atoms: readonly Atom[]): string {
  return atoms.map((atom) => (atom.kind === 'mark' || atom.kind === 'instruction' ? atom.xml : xmlOf([atom]))).join('')
}

function findEnd(atoms: readonly Atom[], start: number): number {
  let depth = 0
  for (let at = start; at < atoms.length; at += 1) {
    const atom = atoms[at]!
    if (atom.kind !== 'mark') continue
    if (atom.type === 'begin') depth += 1
    if (atom.type === 'end') depth -= 1
    if (depth === 0) return at
  }
  return -1
}
