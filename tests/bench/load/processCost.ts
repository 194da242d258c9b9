import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

export type ProcessCost = { cpuSeconds: number; rssMb: number }

/** What a process has cost since its start (Linux). */
export function costOf(pid: number): ProcessCost {
  // The name of the program, in parentheses, may have spaces in it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return { cpuSeconds: (user + system) / ticksPerSecond, rssMb: Math.round(Number(kilobytes) / 1_024) }
}
