// What viewers of one live text cost the server, by several ways that take turns (A B A B). Each server is alone in its
// process, the viewers are in another.
import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'

export type Comparison = {
  /** The first one is what the others are compared to. */
  ways: readonly string[]
  viewers: number
  rounds: number
  /** Of each measurement, after a warm-up. */
  seconds: number
}

export type WayCost = {
  way: string
  /** Of the server, one figure a round. */
  microsPerTokenAndViewer: number[]
  /** To the first way, within each round. */
  ratios: number[]
  delaysMs: { p50: number; p99: number }
  rssMb: number
}

type Measured = { microsPerTokenAndViewer: number; rssMb: number; p50Ms: number; p99Ms: number; bytesPerToken: number }

const warmUpMs = 2000
const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill()))

export async function compareWays({ ways, rounds, ...load }: Comparison): Promise<WayCost[]> {
  const results = new Map<string, Measured[]>(ways.map((way) => [way, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const way of ways) {
      const measured = await measure(way, load)
      results.get(way)!.push(measured)
      console.log(`round ${round} ${way.padEnd(6)}`, JSON.stringify(measured))
    }
  }
  const base = results.get(ways[0]!)!
  return [...results].map(([way, all]) => ({
    way,
    microsPerTokenAndViewer: all.map((one) => one.microsPerTokenAndViewer),
    ratios: all.map((one, index) => one.microsPerTokenAndViewer / base[index]!.microsPerTokenAndViewer),
    delaysMs: { p50: median(all.map((one) => one.p50Ms)), p99: median(all.map((one) => one.p99Ms)) },
    rssMb: median(all.map((one) => one.rssMb)),
  }))
}

/** A line each: medians, with the lowest and the highest. */
export function describeWays(costs: readonly WayCost[]): string[] {
  return costs.map(({ way, microsPerTokenAndViewer, ratios, delaysMs, rssMb }) => {
    const delays = `p50 ${delaysMs.p50} ms, p99 ${delaysMs.p99} ms`
    return `${way.padEnd(6)} ${spread(microsPerTokenAndViewer)} µs per token and viewer; ${spread(ratios)} × ${costs[0]!.way}; ${delays}; ${rssMb} MB`
  })
}

type Load = Pick<Comparison, 'viewers' | 'seconds'>

async function measure(way: string, { viewers: viewerCount, seconds }: Load): Promise<Measured> {
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

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

function spread(numbers: readonly number[]): string {
  return `${rounded(median(numbers))} (${rounded(Math.min(...numbers))} to ${rounded(Math.max(...numbers))})`
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100
}
