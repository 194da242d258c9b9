import { readFileSync } from 'node:fs'

/** The most memory a process has had resident since, in bytes; a process that is gone has none. */
export function watchMemory(pid: () => number | undefined): { most(): number; stop(): number } {
  let most = residentBytes(pid())
  const look = (): number => (most = Math.max(most, residentBytes(pid())))
  const timer = setInterval(look, 250)
  return {
    most: look,
    stop() {
      clearInterval(timer)
      return look()
    },
  }
}

function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]
    return Number(pages) * 4_096
  } catch {
    return 0
  }
}
