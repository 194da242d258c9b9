/**
 * The sections of a Markdown text: what stands under its headings of the second level. Guarantee: never throws, whatever
 * the text, cut wherever it is; what stands in a code fence is no heading.
 */
export type Section = {
  title: string
  /** Where its heading begins, in UTF-16 code units. */
  start: number
  /** Where what stands under it begins. */
  bodyStart: number
  /** Where the next one begins, or the end of the text. */
  end: number
}

const heading = /^ {0,3}##[ \t]+(.*?)[ \t]*#*[ \t]*$/
const fenceMark = /^ {0,3}(`{3,}|~{3,})/

export function readSections(text: string): Section[] {
  const found: Omit<Section, 'end'>[] = []
  for (const { line, start, end } of linesOutsideFences(text)) {
    const title = heading.exec(line)?.[1]
    if (title !== undefined && title !== '') found.push({ title, start, bodyStart: end })
  }
  return found.map((section, at) => ({ ...section, end: found[at + 1]?.start ?? text.length }))
}

/** The text's own title: its first heading of the first level. */
export function readHeading(text: string): string | null {
  for (const { line } of linesOutsideFences(text)) {
    const title = /^ {0,3}#[ \t]+(.*?)[ \t]*#*[ \t]*$/.exec(line)?.[1]
    if (title !== undefined && title !== '') return title
  }
  return null
}

type Line = { line: string; start: number; end: number }

function* linesOutsideFences(text: string): Generator<Line> {
  let fence: string | null = null
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline + 1
    const line = text.slice(start, newline === -1 ? end : newline).replace(/\r$/, '')
    const mark: string | undefined = fenceMark.exec(line)?.[1]
    if (fence !== null) {
      if (mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length) fence = null
    } else if (mark !== undefined) fence = mark
    else yield { line, start, end }
    start = end
  }
}
