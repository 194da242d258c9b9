import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folders of temporary clusters are named after this and their owner's process id. */
export const CLUSTER_PREFIX = 'stagewright-postgres-'

/** Ends the clusters whose owner is dead and removes their files. */
export function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(CLUSTER_PREFIX))) {
    const ownerPid = Number(name.slice(CLUSTER_PREFIX.length).split('-')[0])
    if (isAlive(ownerPid)) continue
    const folder = join(tmpdir(), name)
    const postmaster = readPostmasterPid(join(folder, 'data'))
    if (postmaster !== null) sendSignal(postmaster, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The pid file may be stale and its number given to another program: only a `postgres` of that folder is ours to end. */
function readPostmasterPid(dataFolder: string): number | null {
  const pid = Number(readText(join(dataFolder, 'postmaster.pid'))?.split('\n')[0])
  return pid > 0 && readText(`/proc/${pid}/cmdline`)?.includes(dataFolder) ? pid : null
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // gone meanwhile, or a system without /proc: then there is nothing to be known
  }
}

/** A dead process that nobody has waited for still answers to signal 0. */
function isAlive(pid: number): boolean {
  if (!sendSignal(pid, 0)) return false
  const status = readText(`/proc/${pid}/status`)
  return status === null || !/^State:\s+Z/m.test(status)
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
