import { readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary server's folder is named after this and its owner's process id; in it is the server's own pid file. */
export type LeftoverKind = { prefix: string; pidFile: string }

/** Ends the servers whose owner is dead (one that was killed could not do so itself) and removes their files. */
export function removeLeftovers({ prefix, pidFile }: LeftoverKind): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const ownerPid = Number(name.slice(prefix.length).split('-')[0])
    if (isAlive(ownerPid)) continue
    const folder = join(tmpdir(), name)
    const pid = readServerPid(folder, pidFile)
    if (pid !== null) sendSignal(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The pid file may be stale and its number given to another program: only one that works in that folder is ours to end. */
function readServerPid(folder: string, pidFile: string): number | null {
  const pid = Number(readText(join(folder, pidFile))?.split('\n')[0])
  return pid > 0 && workingFolderOf(pid)?.startsWith(folder) ? pid : null
}

function workingFolderOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null // gone meanwhile, or a system without /proc: then there is nothing to be known
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // gone meanwhile
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
