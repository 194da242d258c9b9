/**
 * Many files in one text, in a form that can be cut anywhere:
 *
 *     === file: src/app.js ===
 *     … its lines …
 *     === end ===
 *
 * Guarantee: reading never throws; a file is whole from the line on that ends it, or that begins the next one; what
 * stands outside of files is passed over. Offsets are in UTF-16 code units.
 */
export type CodeFile = {
  path: string
  content: string
  /** False for the last one while it is still being written, or was cut. */
  isWhole: boolean
  /** Why it can't be unpacked; null when it can. */
  problem: string | null
  start: number
  end: number
}

const beginMark = /^={3,} *file: *(.+?) *={3,}\s*$/i
const endMark = /^={3,} *end *={3,}\s*$/i
const fence = /^\s*(`{3,}|~{3,})[\w.+-]*\s*$/
const pathLimit = 120

export function readFiles(text: string): CodeFile[] {
  const files: CodeFile[] = []
  let open: { path: string; start: number; lines: string[] } | null = null
  const close = (end: number, isWhole: boolean): void => {
    if (open === null) return
    const { path, start, lines } = open
    const problem = problemOf(path) ?? (files.some((file) => file.path === path) ? 'it stands there twice' : null)
    files.push({ path, content: contentOf(lines, isWhole), isWhole, problem, start, end })
    open = null
  }
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at)
    const next = newline === -1 ? text.length : newline + 1
    const line = text.slice(at, newline === -1 ? text.length : newline).replace(/\r$/, '')
    const path: string | undefined = newline === -1 ? undefined : beginMark.exec(line)?.[1]
    if (path !== undefined) {
      close(at, true)
      open = { path, start: at, lines: [] }
    } else if (open !== null) {
      if (endMark.test(line)) close(next, true)
      // A last line that may still become a mark is not shown as code.
      else if (newline !== -1 || !/^=+( *[a-z:]*)?/i.test(line)) open.lines.push(line)
    }
    at = next
  }
  close(text.length, false)
  return files
}

/** Models like to put code into a fence: it is none of the file's own. */
function contentOf(lines: readonly string[], isWhole: boolean): string {
  const [first = '', ...rest] = lines
  if (!fence.test(first)) return joined(lines)
  const last = rest.findLastIndex((line) => line.trim() !== '')
  const isClosed = last !== -1 && /^\s*(`{3,}|~{3,})\s*$/.test(rest[last]!)
  return joined(isClosed ? rest.slice(0, last) : isWhole ? lines : rest)
}

function joined(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** What is wrong with a path that must stay inside the folder it is unpacked into, on every system. */
function problemOf(path: string): string | null {
  if (path.length > pathLimit) return `its path is longer than ${pathLimit} characters`
  // oxlint-disable-next-line no-control-regex
  if (/[\\:*?"<>|\u0000-\u001f]/.test(path)) return 'its path has characters that no file may have'
  const segments = path.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..' || /[. ]$/.test(segment)))
    return 'its path leads out of its folder'
  return null
}
