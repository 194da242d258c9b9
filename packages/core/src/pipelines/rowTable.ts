import type { z } from 'zod'
import type { Table } from '../exports/exportFormats.ts'
import { readRows } from './jsonRows.ts'
import { detectLanguage } from './language.ts'

type TableLanguage = 'zh' | 'en'

/** How the rows of a JSON answer are shown as a table. */
export type RowTableRules<T> = {
  key: string
  schema: z.ZodType<T>
  columns: Readonly<Record<TableLanguage, readonly string[]>>
  cells(row: T, language: TableLanguage): readonly string[]
}

/**
 * The rows of a JSON answer as a table, headed in the language they are in. Of a row that can't be read, or was cut, the
 * second cell has what is there.
 */
export function readRowTable<T extends Readonly<Record<string, unknown>>>(
  text: string,
  { key, schema, columns, cells }: RowTableRules<T>,
): Table {
  const { rows, pending } = readRows(text, key, schema)
  const values = rows.flatMap((read) => (read.ok ? Object.values<unknown>(read.row) : []))
  const words = values.filter((value) => typeof value === 'string').join(' ')
  const language = detectLanguage(words) === 'zh' ? 'zh' : 'en'
  const read = rows.map((row) => (row.ok ? cells(row.row, language) : ['', row.raw]))
  const isCut = pending !== null && pending.trim() !== ''
  return { columns: columns[language], rows: isCut ? [...read, ['', pending]] : read }
}
