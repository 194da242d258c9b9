/**
 * Text with tags: `<1>…</1>` around words with a look of their own, `<2/>` for a thing. A "<" that would read as a tag is
 * written `&lt;`, and an "&lt;" of the text itself `&amp;lt;`; nothing else is escaped.
 */

export type TagNode = { kind: 'text'; text: string } | { kind: 'tag'; id: number; children: TagNode[] }

export function escapeTags(text: string): string {
  return text.replaceAll(/&(?=(?:amp;)*lt;)/g, '&amp;').replaceAll(/<(?=\/?\d{1,6}\s?\/?>)/g, '&lt;')
}

function unescapeTags(text: string): string {
  return text.replaceAll(/&((?:amp;)*)lt;/g, (_, amps: string) => (amps === '' ? '<' : `&${amps.slice(4)}lt;`))
}

const deepestTags = 50
const tag = /<(\/?)(\d{1,6})\s?(\/?)>/g

/**
 * Whatever a model made of the tags: an end without a beginning is dropped, a beginning without an end ends with what it
 * stands in, a tag that is not of this segment is dropped and its text kept.
 */
export function parseTags(text: string, isKnown: (id: number) => boolean): TagNode[] {
  const root: TagNode[] = []
  const open: { id: number; children: TagNode[] }[] = [{ id: 0, children: root }]
  const add = (piece: string): void => {
    if (piece !== '') open.at(-1)!.children.push({ kind: 'text', text: unescapeTags(piece) })
  }
  let at = 0
  for (const found of text.matchAll(tag)) {
    add(text.slice(at, found.index))
    at = found.index + found[0].length
    const id = Number(found[2])
    if (!isKnown(id)) continue
    if (found[1] === '/') {
      const depth = open.findLastIndex((one) => one.id === id)
      if (depth > 0) open.length = depth
      continue
    }
    const node = { kind: 'tag' as const, id, children: [] }
    open.at(-1)!.children.push(node)
    if (found[3] === '' && open.length < deepestTags) open.push(node)
  }
  add(text.slice(at))
  return root
}
