/**
 * What a worker thread does: one file from what was gathered. The libraries it takes are loaded here only, and an export
 * of a long text holds up nobody's stream.
 */
import { stringify } from 'csv-stringify/sync'
import { strToU8, zipSync } from 'fflate'
import MarkdownIt from 'markdown-it'
import { nameFile, toMarkdownTable, toSrt, type Cue, type ExportFormat, type Table } from '@stagewright/core'
import { toPrintable } from './printable.ts'
import { toWord } from './word.ts'

/** One stage's text, and what can be read of it. */
export type ExportPart = {
  name: string
  text: string
  isMarkdown: boolean
  /** The text as JSON, where it is that. */
  json: string | null
  table: Table | null
  cues: readonly Cue[] | null
  /** What the text unpacks to. */
  files: readonly { path: string; content: string }[] | null
}

export type ExportWork = {
  format: ExportFormat
  title: string
  /** BCP 47, as a page says it. */
  language: string
  parts: readonly ExportPart[]
  /** Of one version, and not of a whole project. */
  isVersion: boolean
  /** What a JSON file of the whole holds. */
  whole: unknown
}

const markdown = new MarkdownIt({ html: false })

export async function convert(work: ExportWork): Promise<Uint8Array> {
  const [first] = work.parts
  if (first === undefined) throw new Error('There is nothing to export.')
  switch (work.format) {
    case 'md':
      return strToU8(toMarkdown(work))
    case 'html':
      return strToU8(toPrintable(toMarkdown(work), work))
    case 'docx':
      return toWord(toMarkdown(work), work)
    case 'json':
      return strToU8(work.parts.length === 1 && first.json !== null ? first.json : write(work.whole))
    case 'csv':
      return strToU8(toCsv(first.table ?? { columns: [], rows: [] }))
    case 'srt':
      return strToU8(toSrt(first.cues ?? []))
    case 'zip':
      return zipSync(work.isVersion && first.files !== null ? unpack(first.files) : filesOf(work))
  }
}

/** One part as it is; several under the title and their names. */
function toMarkdown({ parts, title }: ExportWork): string {
  const texts = parts.map(bodyOf)
  if (texts.length === 1) return `${texts[0]!.trim()}\n`
  const sections = parts.map(({ name }, index) => `## ${name}\n\n${lowerHeadings(texts[index]!.trim())}\n`)
  return [`# ${title}\n`, ...sections].join('\n')
}

/** Below the heading of its stage. */
function lowerHeadings(text: string): string {
  const lines = text.split('\n')
  for (const { type, markup, map } of markdown.parse(text, {})) {
    if (type !== 'heading_open' || map === null || !markup.startsWith('#')) continue
    const added = Math.min(2, 6 - markup.length)
    lines[map[0]] = lines[map[0]]!.replace('#', '#'.repeat(1 + added))
  }
  return lines.join('\n')
}

function unpack(files: NonNullable<ExportPart['files']>): Record<string, Uint8Array> {
  return Object.fromEntries(files.map(({ path, content }) => [path, strToU8(content)]))
}

function bodyOf({ text, isMarkdown, table, files }: ExportPart): string {
  if (isMarkdown) return text
  if (files !== null) return files.map(({ path, content }) => `**${path}**\n\n${fenced(content)}`).join('\n\n')
  if (table !== null && table.rows.length > 0) return toMarkdownTable(table)
  return fenced(text)
}

/** In a fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(3, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}\n${text.replace(/\n$/, '')}\n${mark}`
}

/** With a mark by which spreadsheets know UTF-8, and so that no cell is taken for a formula. */
function toCsv({ columns, rows }: Table): string {
  const lines = [columns, ...rows].map((cells) => columns.map((_, index) => cells[index] ?? ''))
  return stringify(lines, { bom: true, record_delimiter: 'windows', escape_formulas: true })
}

/** Each stage in every form that is its own. */
function filesOf(work: ExportWork): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {}
  for (const [index, part] of work.parts.entries()) {
    const add = (extension: string, content: string): void => {
      files[nameFile(`${index + 1} ${part.name}`, extension)] = strToU8(content)
    }
    if (part.files !== null) {
      const folder = nameFile(`${index + 1} ${part.name}`, '').replace(/\.$/, '')
      for (const [path, bytes] of Object.entries(unpack(part.files))) files[`${folder}/${path}`] = bytes
    } else if (part.isMarkdown) add('md', part.text)
    else add('json', part.json ?? part.text)
    if (part.table !== null) add('csv', toCsv(part.table))
    if (part.cues !== null && part.cues.length > 0) add('srt', toSrt(part.cues))
  }
  return files
}

function write(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
