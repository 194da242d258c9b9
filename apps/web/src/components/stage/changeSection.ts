type SectionPatch = { number: number; patch: Readonly<Record<string, unknown>> }

/** The JSON with one section of a list changed, laid out as it is written. Null when it is no such JSON. */
export function changeSection(text: string, listKey: string, { number, patch }: SectionPatch): string | null {
  const list = parse(text)?.[listKey]
  if (!Array.isArray(list)) return null
  const rows = (list as Record<string, unknown>[]).map((row) => {
    const changed = Number(row['number']) === number ? { ...row, ...patch } : row
    const { locked, ...rest } = changed
    return locked === true ? changed : rest
  })
  return `{${JSON.stringify(listKey)}:[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]}\n`
}

/** A model may put its JSON into a fence or a sentence. */
function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
