import type { Run } from './run.ts'

const errorLevel = 50
const readyLine = /^Stagewright is ready: /

/** I9: no planted secret is in what the server printed or in any row, in plain or in a usual disguise. */
export function checkSecrets({ log, rows, secrets }: Pick<Run, 'log' | 'rows' | 'secrets'>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    disguisesOf(secret).flatMap((shape) => [
      ...(log.includes(shape) ? [`I9 ${name} is in the log`] : []),
      ...(rows.dump.includes(shape) ? [`I9 ${name} is in the rows`] : []),
    ]),
  )
}

function disguisesOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  // The end of a base64 text depends on what follows, so only whole groups of three bytes are looked for.
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3))
  return [secret, bytes.toString('hex'), whole.toString('base64'), encodeURIComponent(secret)].filter(
    (shape, index, all) => all.indexOf(shape) === index,
  )
}

/** I10: nothing was left unhandled and nothing failed by a fault of the server's own. */
export function checkServerLog(log: string): string[] {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !readyLine.test(line))
  return lines.filter(isFault).map((line) => `I10 the server said: ${line.slice(0, 500)}`)
}

/** What is no line of the log was printed past it: warnings of the runtime, stacks of uncaught errors. */
function isFault(line: string): boolean {
  try {
    const { level, msg } = JSON.parse(line) as { level?: number; msg?: string }
    return typeof level !== 'number' || level >= errorLevel || /unhandled|uncaught/i.test(msg ?? '')
  } catch {
    return true
  }
}
