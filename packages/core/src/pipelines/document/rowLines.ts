/**
 * The texts of this pipeline are JSON with a row to a line, `{"<key>":[` + `\n{…}` + `,\n{…}` + … + `\n]}\n`. JSON has no line
 * breaks inside strings, so wherever such a text was cut its last line tells how much of it is whole.
 */
export function openList(key: string): string {
  return `{"${key}":[`
}

export function writeRow(row: object, { isFirst }: { isFirst: boolean }): string {
  return startRow(isFirst) + JSON.stringify(row)
}

export function startRow(isFirst: boolean): string {
  return isFirst ? '\n' : ',\n'
}

export const closeList = '\n]}\n'

/** The length up to the end of the last whole row, or of the opening; 0 when not even that is there. UTF-16 code units. */
export function lengthOfWholeRows(text: string, key: string): number {
  const opening = openList(key)
  if (!text.startsWith(opening)) return 0
  for (let end = text.length; end > opening.length;) {
    if (text[end - 1] === ',') end -= 1
    const start = text.lastIndexOf('\n', end - 1) + 1
    if (start <= opening.length) break
    if (isRow(text.slice(start, end))) return end
    end = start - 1
  }
  return opening.length
}

/** The number of the last row of a text that ends with a whole one; 0 when it has none. */
export function lastNumber(text: string): number {
  const line = lastLines(text, 1)[0] ?? ''
  return isRow(line) ? (JSON.parse(line) as { number: number }).number : 0
}

/** Its last lines, looked for from the end: such a text may be long. */
export function lastLines(text: string, count: number): string[] {
  let start = text.length
  for (let found = 0; found < count && start > 0; found++) start = text.lastIndexOf('\n', start - 1)
  return text.slice(Math.max(0, start)).split('\n').slice(-count)
}

function isRow(line: string): boolean {
  if (!line.startsWith('{"number":') || !line.endsWith('}')) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
