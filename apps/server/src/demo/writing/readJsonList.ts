/**
 * Reads the rows of `{"<key>":[…]}` somewhere in a text as someone else wrote it; rows `read` refuses are left out.
 * Null where there is no such list or nothing in it.
 */
export function readJsonList<T>(
  text: string,
  key: string,
  read: (row: Record<string, unknown>, index: number) => T | null,
): T[] | null {
  const value = parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  const list = isRecord(value) ? value[key] : null
  if (!Array.isArray(list)) return null
  const rows = list.flatMap((row: unknown, index) => (isRecord(row) ? (read(row, index) ?? []) : []))
  return rows.length === 0 ? null : rows
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
