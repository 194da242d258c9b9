/** What a paragraph is made of, in the order of its source. */

/** Where a text stands: its run's start tag, and its formatting, both as source. */
export type Run = { open: string; properties: string; name: string }

export type Item =
  | { kind: 'text'; text: string; run: Run; look: string }
  /** Has a place in the sentence and is no text: a picture, a footnote's mark, a tab, a page number. */
  | { kind: 'thing'; xml: string }
  /** Has none: a bookmark, deleted text. A pinned one is half of a field, so that nothing may pass it. */
  | { kind: 'hidden'; xml: string; isPinned: boolean }
  /** A link, a field or the like around other items. */
  | { kind: 'group'; open: string; items: Item[]; close: string }

/** The look of a text without what makes none: language, spelling, which font was guessed. */
export function lookOf(properties: string): string {
  return properties
    .replaceAll(/<(?:\w+:)?(?:lang|noProof)\b[^>]*\/>/g, '')
    .replaceAll(/\s(?:\w+:)?hint="[^"]*"/g, '')
    .replaceAll(/<(?:\w+:)?rFonts\s*\/>/g, '')
    .replace(/^<(?:\w+:)?rPr\s*(?:\/>|>\s*<\/(?:\w+:)?rPr>)$/, '')
}

/** Text as runs. A line end and a tab are elements of their own. */
export function toRun({ open, properties, name }: Run, text: string): string {
  if (text === '') return ''
  const prefix = name.slice(0, -1)
  const pieces = text.split(/([\n\t])/).map((piece) => {
    if (piece === '\n') return `<${prefix}br/>`
    if (piece === '\t') return `<${prefix}tab/>`
    return piece === '' ? '' : `<${prefix}t xml:space="preserve">${escapeXml(piece)}</${prefix}t>`
  })
  return `${open}${properties}${pieces.join('')}</${name}>`
}

export function xmlOf(items: readonly Item[]): string {
  return items
    .map((item) => {
      if (item.kind === 'text') return toRun(item.run, item.text)
      return item.kind === 'group' ? `${item.open}${xmlOf(item.items)}${item.close}` : item.xml
    })
    .join('')
}

export function textOf(items: readonly Item[]): string {
  return items
    .map((item) => {
      if (item.kind === 'text') return item.text
      return item.kind === 'group' ? textOf(item.items) : ''
    })
    .join('')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
