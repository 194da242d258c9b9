/** Where Markdown may be cut: before an unindented line after a blank one, outside of code and HTML that hold blank lines. */
import { linesOf } from './blocks.ts'

/** What ends the code or the HTML that a text is in the middle of. */
export type Region = { isEnd(line: string): boolean }

const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/
const htmlRegions = [
  { start: /^ {0,3}<(?:script|pre|style|textarea)(?:[\s>]|$)/i, end: /<\/(?:script|pre|style|textarea)>/i },
  { start: /^ {0,3}<!--/, end: /-->/ },
  { start: /^ {0,3}<\?/, end: /\?>/ },
  { start: /^ {0,3}<!\[CDATA\[/, end: /\]\]>/ },
]

export type Scan = {
  /** The last place where the text may be cut; 0: none. */
  safeEnd: number
  /** Where the region that the text began in ends, after its line; 0 where there was none. */
  regionEnd: number
  /** What its end is in the middle of. */
  region: Region | null
}

export function scanMarkdown(text: string, startsIn: Region | null): Scan {
  const scan: Scan = { safeEnd: 0, regionEnd: startsIn === null ? 0 : text.length, region: startsIn }
  let isAfterBlank = false
  let wasFirst = startsIn !== null
  for (const { start, end } of linesOf(text)) {
    const line = text.slice(start, end)
    const isBlank = line.trim() === ''
    if (scan.region === null && isAfterBlank && !isBlank && !/^\s/.test(line)) scan.safeEnd = start
    isAfterBlank = isBlank
    if (scan.region === null) scan.region = openRegion(line)
    else if (scan.region.isEnd(line)) {
      scan.region = null
      if (wasFirst) scan.regionEnd = text.indexOf('\n', start) + 1 || text.length
      wasFirst = false
    }
  }
  return scan
}

function openRegion(line: string): Region | null {
  const [, marks = '', rest = ''] = fence.exec(line) ?? []
  if (marks !== '' && !(marks.startsWith('`') && rest.includes('`'))) {
    const closing = new RegExp(`^ {0,3}${marks[0]}{${marks.length},}[ \\t]*$`)
    return { isEnd: (other) => closing.test(other) }
  }
  const found = htmlRegions.find(({ start }) => start.test(line))
  return found === undefined || found.end.test(line) ? null : { isEnd: (other) => found.end.test(other) }
}
