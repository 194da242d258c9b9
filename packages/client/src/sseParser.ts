export type SseMessage = { event: string; data: string; lastEventId: string }

export type SseReader = {
  onMessage(message: SseMessage): void
  /** The server said when to come back, in milliseconds. */
  onRetry?(retryMs: number): void
}

/** Reads a text/event-stream piece by piece, however it is cut; each message is told as soon as its blank line ends. */
export function createSseParser({ onMessage, onRetry }: SseReader): (piece: string) => void {
  let event = ''
  let data: string[] = []
  let lastEventId = ''

  const tell = (): void => {
    if (data.length > 0) onMessage({ event: event || 'message', data: data.join('\n'), lastEventId })
    event = ''
    data = []
  }
  return splitLines((line) => {
    if (line === '') return tell()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) lastEventId = value
    else if (field === 'retry' && /^\d+$/.test(value)) onRetry?.(Number(value))
  })
}

/** Lines out of pieces. A carriage return ends a line at once; a line feed that comes after it, even later, is its other half. */
function splitLines(onLine: (line: string) => void): (piece: string) => void {
  const lineEnd = /\r\n|\n|\r/g
  let unfinished = ''
  let isFirst = true
  let isAfterReturn = false

  return (piece) => {
    if (piece === '') return
    let from = (isFirst && piece[0] === '\uFEFF') || (isAfterReturn && piece[0] === '\n') ? 1 : 0
    isFirst = false
    isAfterReturn = piece.endsWith('\r')
    lineEnd.lastIndex = from
    for (let end = lineEnd.exec(piece); end !== null; end = lineEnd.exec(piece)) {
      const line = unfinished + piece.slice(from, end.index)
      unfinished = ''
      from = end.index + end[0].length
      onLine(line)
    }
    unfinished += piece.slice(from)
  }
}
