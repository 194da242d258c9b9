/** A heading longer than this is a paragraph that begins with a mark. */
const headingLimit = 300

/**
 * The body of a section as a model sends it, without what is not its own: headings before it (the section has one
 * already), and white space around it. A body that is `begun` already has only its end cleaned.
 */
export async function* cleanBody(pieces: AsyncIterable<string>, { begun = false } = {}): AsyncGenerator<string> {
  let start: string | null = begun ? null : ''
  let blank = ''
  for await (const piece of pieces) {
    let text = piece
    if (start !== null) {
      const rest = dropHeadings(start + piece)
      if (rest.isOpen) {
        start = rest.text
        continue
      }
      start = null
      text = rest.text
    }
    const seen = (blank + text).trimEnd()
    blank = (blank + text).slice(seen.length)
    if (seen !== '') yield seen
  }
  const last = start?.trim() ?? ''
  // An answer that is nothing but a heading is no body.
  if (last !== '' && !isHeading(last)) yield last
}

/** `isOpen`: it may still turn out to be a heading. */
function dropHeadings(text: string): { text: string; isOpen: boolean } {
  let rest = text.trimStart()
  while (isHeading(rest)) {
    const newline = rest.indexOf('\n')
    if (newline === -1) return { text: rest, isOpen: rest.length < headingLimit }
    rest = rest.slice(newline + 1).trimStart()
  }
  return { text: rest, isOpen: /^#{0,2}$/.test(rest) }
}

/** Of the first two levels: smaller ones are the body's own. */
function isHeading(text: string): boolean {
  return /^#{1,2}[ \t]/.test(text)
}
