import type { Table } from './exportFormats.ts'

/** A table in Markdown, whose cells are shown as they are, whatever they hold. */
export function toMarkdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${columns.map((_, index) => escapeCell(cells[index] ?? '')).join(' | ')} |`
  return [line(columns), `|${' --- |'.repeat(columns.length)}`, ...rows.map(line)].join('\n')
}

function escapeCell(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]<>|#~&!]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, ' ')
    .trim()
}
