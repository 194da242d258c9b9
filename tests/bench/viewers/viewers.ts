/**
 * The viewers, in a process of their own: so many connections to one stream. A few of them read what they are sent:
 * the text must be without gaps, and each token tells how late it is. Told 'measure' it counts, told 'stop' it says.
 */
import { connect } from 'node:net'

const [address = '', count = '200'] = process.argv.slice(2)
const url = new URL(address)
const readers = 5

let bytes = 0
let gaps = 0
let delaysMs: number[] = []

for (let index = 0; index < Number(count); index += 1) {
  const socket = connect(Number(url.port), url.hostname)
  const read = index < readers ? createReader() : null
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\n\r\n`)
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    read?.(chunk.toString('utf8'))
  })
}

/** Follows the text of one connection. The raw way begins wherever the text stands; both go on without gaps. */
function createReader(): (text: string) => void {
  let pending = ''
  let length: number | null = null
  return (text) => {
    pending += text
    const lines = pending.split('\n')
    pending = lines.pop()!
    for (const line of lines) {
      if (!line.startsWith('data: [')) continue
      const [, offset, added] = JSON.parse(line.slice('data: '.length)) as [number, number, string]
      if (length !== null && offset !== length) gaps += 1
      length = offset + added.length
      const now = Date.now()
      for (const token of added.split(' ').filter(Boolean)) delaysMs.push(now - Number.parseInt(token, 36))
    }
  }
}

process.on('message', (message) => {
  if (message === 'measure') [bytes, gaps, delaysMs] = [0, 0, []]
  if (message !== 'stop') return
  const sorted = delaysMs.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  const answer = { bytes, gaps, tokens: sorted.length / readers, p50Ms: at(0.5), p99Ms: at(0.99) }
  process.send?.(answer, undefined, undefined, () => process.exit(0))
})
process.send?.('ready')
