/**
 * What viewers of one live text cost the server: node tests/bench/viewers/run.ts [--viewers 200] [--rounds 7]
 * [--seconds 5] [--ways raw,ours]. The ways take turns (A B A B); each server is alone in its process, the viewers in
 * another. Prints processor µs per token and viewer, and the ratio to the first way within each round.
 */
import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '5' },
    ways: { type: 'string', default: 'raw,ours' },
  },
})
const viewerCount = Number(values.viewers)
const seconds = Number(values.seconds)
const ways = values.ways.split(',')
const warmUpMs = 2000

type Measured = { microsPerTokenAndViewer: number; rssMb: number; p50Ms: number; p99Ms: number; bytesPerToken: number }

const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill()))

const results = new Map<string, Measured[]>(ways.map((way) => [way, []]))
for (let round = 1; round <= Number(values.rounds); round += 1) {
  for (const way of ways) {
    const measured = await measure(way)
    results.get(way)!.push(measured)
    console.log(`round ${round} ${way.padEnd(6)}`, JSON.stringify(measured))
  }
}

const base = results.get(ways[0]!)!
console.log(`\n${viewerCount} viewers, ${values.rounds} rounds of ${seconds} s: medians (lowest to highest)`)
for (const [way, all] of results) {
  const costs = all.map((one) => one.microsPerTokenAndViewer)
  const ratios = all.map((one, index) => one.microsPerTokenAndViewer / base[index]!.microsPerTokenAndViewer)
  const delays = `p50 ${median(all.map((one) => one.p50Ms))} ms, p99 ${median(all.map((one) => one.p99Ms))} ms`
  console.log(
    `${way.padEnd(6)} ${spread(costs)} µs per token and viewer; ${spread(ratios)} × ${ways[0]}; ${delays}; ${median(all.map((one) => one.rssMb))} MB`,
  )
}

async function measure(way: string): Promise<Measured> {
  const server = start('server.ts', [way])
  const { url } = (await messageOf(server)) as { url: string }
  const viewers = start('viewers.ts', [url, String(viewerCount)])
  await messageOf(viewers)
  await wait(warmUpMs)
  const startedAt = performance.now()
  for (const process of [server, viewers]) process.send('measure')
  await wait(seconds * 1000)
  const answers = [messageOf(server), messageOf(viewers)]
  for (const process of [server, viewers]) process.send('stop')
  const [cost, seen] = (await Promise.all(answers)) as [
    { cpuMicros: number; rssBytes: number },
    { bytes: number; gaps: number; tokens: number; p50Ms: number; p99Ms: number },
  ]
  const tokens = (performance.now() - startedAt) / 20
  if (seen.gaps > 0) throw new Error(`${way}: the text had ${seen.gaps} gaps.`)
  if (seen.tokens < tokens * 0.8) throw new Error(`${way}: of ${tokens} tokens ${seen.tokens} came: it is saturated.`)
  return {
    microsPerTokenAndViewer: rounded(cost.cpuMicros / seen.tokens / viewerCount),
    rssMb: Math.round(cost.rssBytes / 1e6),
    p50Ms: seen.p50Ms,
    p99Ms: seen.p99Ms,
    bytesPerToken: rounded(seen.bytes / seen.tokens / viewerCount),
  }
}

function start(file: string, args: string[]): ChildProcess {
  const child = fork(path.join(import.meta.dirname, file), args)
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}.`)))
  })
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

function spread(numbers: readonly number[]): string {
  return `${rounded(median(numbers))} (${rounded(Math.min(...numbers))} to ${rounded(Math.max(...numbers))})`
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100
}
