import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

const tables = ['/proc/net/tcp', '/proc/net/tcp6']

/** How much the system holds for a connection that its peer has not taken yet; 0 where that is not known. */
export type KernelQueue = (socket: Pick<Socket, 'localPort' | 'remotePort'>) => number

/**
 * A look at what waits in the system's own send buffers, which node tells nobody: megabytes can wait there for a peer
 * that reads nothing, and every write seems to have been taken. Known on Linux; elsewhere 0.
 */
export async function readKernelQueues(): Promise<KernelQueue> {
  const texts = await Promise.all(tables.map((table) => readFile(table, 'latin1').catch(() => '')))
  const bytes = new Map<string, number>()
  for (const text of texts) addTable(bytes, text)
  return ({ localPort, remotePort }) => bytes.get(`${localPort}:${remotePort}`) ?? 0
}

/** Lines of `sl local_address rem_address st tx_queue:rx_queue …`, numbers in hexadecimal, behind a line of titles. */
export function addTable(bytes: Map<string, number>, text: string): void {
  for (const line of text.split('\n').slice(1)) {
    const [, local, remote, , queues] = line.trimStart().split(/\s+/, 5)
    if (local === undefined || remote === undefined || queues === undefined) continue
    const key = `${portOf(local)}:${portOf(remote)}`
    // Two peers with the same port: whose bytes they are can't be told, so nobody's.
    bytes.set(key, bytes.has(key) ? 0 : parseInt(queues, 16))
  }
}

function portOf(address: string): number {
  return parseInt(address.slice(address.indexOf(':') + 1), 16)
}
