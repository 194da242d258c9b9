/**
 * Viewers, in a process of their own: one connection to each address it is told. Those that read fold what comes by the
 * plainest rules: a text has no gap, and its end is the hash of what was read. Told 'report' it says how they are.
 */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import type { FollowedEvent } from '@stagewright/client'

export type ViewersOrder = { addresses: string[]; apiKey: string; reads: boolean } | 'report'
export type ViewersReport = {
  open: number
  opened: number
  bytes: number
  characters: number
  faults: string[]
  ended: number
}

type Event = FollowedEvent['event']

const report: ViewersReport = { open: 0, opened: 0, bytes: 0, characters: 0, faults: [], ended: 0 }

process.on('message', (order: ViewersOrder) => {
  if (order === 'report') process.send?.(report)
  else for (const address of order.addresses) open(address, order)
})
process.on('disconnect', () => process.exit(0))

function open(address: string, { apiKey, reads }: { apiKey: string; reads: boolean }): void {
  const url = new URL(address)
  const socket = connect(Number(url.port), url.hostname)
  const read = reads ? createReader(address) : null
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${apiKey}\r\n\r\n`,
  )
  report.open += 1
  let hasOpened = false
  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    report.bytes += piece.length
    if (!hasOpened && piece.startsWith('HTTP/1.1 200')) report.opened += 1
    hasOpened = true
    read?.(piece)
  })
  socket.on('error', (error) => report.faults.push(`${address}: ${error.message}`))
  socket.on('close', () => (report.open -= 1))
}

function createReader(address: string): (piece: string) => void {
  const fault = (words: string): void => void report.faults.push(`${address}: ${words}`)
  let pending = ''
  let text = ''
  const take = (event: Event): void => {
    if (!('type' in event)) return append(event[1], event[2])
    if (event.type === 'open') append(event.from, event.text)
    if (event.type === 'reset') fault('its text was reset')
    if (event.type === 'closed' && createHash('sha256').update(text).digest('hex') !== event.sha256)
      fault('its text is not the stored one')
    if (event.type === 'end') report.ended += 1
  }
  const append = (offset: number, added: string): void => {
    if (offset !== text.length) fault(`text at ${offset} follows on ${text.length}`)
    text += added
    report.characters += added.length
  }
  return (piece) => {
    pending += piece
    const lines = pending.split('\n')
    pending = lines.pop()!
    for (const line of lines) {
      const isEvent = line.startsWith('data: [') || line.startsWith('data: {"type"')
      if (isEvent) take(JSON.parse(line.slice('data: '.length)) as Event)
    }
  }
}
