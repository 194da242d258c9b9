/** A target as what stands in a block of Markdown, whatever a model wrote: the block must stay one. */
import MarkdownIt from 'markdown-it'
import { joinLines } from './parts.ts'

const parser = new MarkdownIt({ html: true }).disable(['inline', 'linkify', 'replacements', 'smartquotes', 'text_join'])

/** `prefixes`: what stands before each of its lines (a quote's mark, a list's indentation). */
export function keepParagraph(prefixes: readonly string[]): (target: string) => string {
  const first = prefixes[0] ?? ''
  const indent = first.replaceAll(/[^>\s]/g, ' ')
  // A line of a quote that lacks its mark may be read as something else.
  const prefix = prefixes[1] !== undefined && (prefixes[1].includes('>') || !first.includes('>')) ? prefixes[1] : indent
  return (target) => {
    const lines = breakLines(target)
    const tries = [lines, lines.map(escapeStart), [escapeAll(joinLines(target))]]
    const kept = tries.find((those) => isOneParagraph(those.join('\n'))) ?? tries.at(-1)!
    return kept.join(`\n${prefix}`)
  }
}

export function restoreHeading(target: string): string {
  return joinLines(target).replace(/#+$/, (marks) => String.raw`\#`.repeat(marks.length))
}

export function restoreCell(target: string): string {
  const cell = joinLines(target).replaceAll(/(\\*)\|/g, (_, slashes: string) =>
    slashes.length % 2 === 1 ? `${slashes}|` : String.raw`${slashes}\|`,
  )
  return cell.endsWith('\\') ? `${cell} ` : cell
}

/** A line ends where the Markdown says so; other line ends are only how a model wrote it. */
function breakLines(target: string): string[] {
  const lines: string[] = []
  let isOpen = false
  for (const raw of target.split('\n')) {
    const line = raw.trimStart()
    if (line.trim() === '') continue
    if (isOpen) lines[lines.length - 1] = joinLines(`${lines.at(-1)}\n${line.trimEnd()}`) + (endOf(line) ?? '')
    else lines.push(line.trimEnd() + (endOf(line) ?? ''))
    isOpen = endOf(line) === null
  }
  const last = lines.length - 1
  if (last >= 0) lines[last] = lines[last]!.trimEnd()
  return lines
}

function endOf(line: string): string | null {
  if (line.endsWith('  ')) return '  '
  return /(?<!\\)(?:\\\\)*\\$/.test(line) ? '' : null
}

function isOneParagraph(text: string): boolean {
  // With the line after it, this may define a link.
  if (/^\s*\[[^\]]*\]:/.test(text)) return false
  // With the mark of an item before it, this may be a rule.
  if (/^[-*][-* \t]*$/m.test(text)) return false
  const tokens = parser.parse(text, {})
  return tokens.length === 3 && tokens[0]!.type === 'paragraph_open' && tokens[1]!.content === text.trim()
}

function escapeStart(line: string): string {
  return line.replace(/^(\d{1,9})([.)])/, String.raw`$1\$2`).replace(/^[!-/:-@[-`{-~]/, String.raw`\$&`)
}

function escapeAll(line: string): string {
  return line.replaceAll(/\\?([!-/:-@[-`{-~])/g, String.raw`\$1`)
}
