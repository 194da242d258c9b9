import { readFileSync, readdirSync } from 'node:fs'

/** What a server holds at a moment, as the system and its own metrics say. */
export type Sample = {
  /** Since the beginning of the load. */
  atMs: number
  residentMb: number
  heapMb: number
  openFiles: number
  sockets: number
  viewers: number
  followers: number
  listeners: number
  tails: number
}

export const held = [
  'residentMb',
  'heapMb',
  'openFiles',
  'sockets',
  'viewers',
  'followers',
  'listeners',
  'tails',
] as const
export type Held = (typeof held)[number]

/** Reads the process and its `/metrics`. Linux only. */
export async function readSample({ pid, url }: { pid: number; url: string }, startedAtMs: number): Promise<Sample> {
  const metrics = readMetrics(await (await fetch(`${url}/metrics`)).text())
  const of = (name: string): number => metrics.get(name) ?? Number.NaN
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return {
    atMs: performance.now() - startedAtMs,
    residentMb: Number(kilobytes) / 1_024,
    heapMb: of('nodejs_heap_size_used_bytes') / 1_024 / 1_024,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
    sockets: of('nodejs_active_resources{type="TCPSocketWrap"}'),
    viewers: of('stagewright_viewers{transport="sse"}') + of('stagewright_viewers{transport="webSocket"}'),
    followers: of('stagewright_feed_held{what="followers"}'),
    listeners: of('stagewright_feed_held{what="listeners"}'),
    tails: of('stagewright_feed_held{what="tails"}'),
  }
}

export function readMetrics(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}
