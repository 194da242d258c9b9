/**
 * Finds where the rows of `{"<key>":[{…},{…}]}` begin and end, one character at a time.
 *
 * Guarantee: never throws, and looks at each character once.
 * States: seek (for `"key"`) → colon → bracket → between (rows) ⇄ inside (one row) → done, or → seek again: a list
 * without one object in it is talk about the answer ('I will send "shots": [...]').
 */
export type Scan = {
  at: number
  state: 'seek' | 'colon' | 'bracket' | 'between' | 'inside' | 'done'
  /** How many characters of `"key"` have matched. */
  matched: number
  rowStart: number
  depth: number
  isScalar: boolean
  inString: boolean
  escaped: boolean
  sawObject: boolean
  complete: boolean
}

export type ScanEvents = { onList(): void; onRow(start: number, end: number): void }

/** A scan that has seen nothing yet. */
export function startScan(): Scan {
  return {
    at: 0,
    state: 'seek',
    matched: 0,
    rowStart: 0,
    depth: 0,
    isScalar: false,
    inString: false,
    escaped: false,
    sawObject: false,
    complete: false,
  }
}

/** Goes on to the end of the text; offsets are in UTF-16 units, a row being `text.slice(start, end)`. `quotedKey` has its quotes. */
export function advance(scan: Scan, text: string, quotedKey: string, events: ScanEvents): void {
  while (scan.at < text.length && scan.state !== 'done') {
    const char = text[scan.at]!
    if (scan.state === 'inside') stepInside(scan, char, events)
    else if (scan.state === 'between') stepBetween(scan, char)
    else stepSeek(scan, char, quotedKey, events)
    scan.at += 1
  }
}

function stepSeek(scan: Scan, char: string, quotedKey: string, events: ScanEvents): void {
  if (scan.state !== 'seek') {
    if (isSpace(char)) return
    if (scan.state === 'colon' && char === ':') return void (scan.state = 'bracket')
    if (scan.state === 'bracket' && char === '[') return openList(scan, events)
    scan.state = 'seek'
    scan.matched = 0
  }
  // The key has no quote inside, so a mismatch can only begin again at a quote.
  scan.matched = char === quotedKey[scan.matched] ? scan.matched + 1 : char === '"' ? 1 : 0
  if (scan.matched < quotedKey.length) return
  scan.state = 'colon'
  scan.matched = 0
}

function openList(scan: Scan, events: ScanEvents): void {
  scan.state = 'between'
  scan.sawObject = false
  scan.complete = false
  events.onList()
}

function stepBetween(scan: Scan, char: string): void {
  if (isSpace(char) || char === ',') return
  if (char === ']') return closeList(scan)
  scan.state = 'inside'
  scan.rowStart = scan.at
  scan.isScalar = char !== '{' && char !== '['
  scan.depth = scan.isScalar ? 0 : 1
  scan.inString = char === '"'
  scan.escaped = false
}

function closeList(scan: Scan): void {
  scan.complete = true
  scan.state = scan.sawObject ? 'done' : 'seek'
}

function stepInside(scan: Scan, char: string, events: ScanEvents): void {
  if (scan.inString) return stepString(scan, char)
  if (char === '"') return void (scan.inString = true)
  if (scan.isScalar) {
    if (char === ',' || char === ']') endRow(scan, scan.at, events)
    if (char === ']') closeList(scan)
    return
  }
  if (char === '{' || char === '[') scan.depth += 1
  else if (char === '}' || char === ']') scan.depth -= 1
  if (scan.depth > 0) return
  scan.sawObject = true
  endRow(scan, scan.at + 1, events)
}

function stepString(scan: Scan, char: string): void {
  if (scan.escaped) scan.escaped = false
  else if (char === '\\') scan.escaped = true
  else if (char === '"') scan.inString = false
}

function endRow(scan: Scan, end: number, events: ScanEvents): void {
  scan.state = 'between'
  events.onRow(scan.rowStart, end)
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t'
}
