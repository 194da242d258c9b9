/// <reference types="node" />
import { createHash, randomBytes } from 'node:crypto'
import type { Crypto } from '../ports/clock.ts'

/** The Crypto port on Node, for tests. Ids of one process grow strictly, also within a millisecond. */
export function createNodeCrypto(): Crypto {
  const last = { ms: 0, count: 0 }
  return {
    sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
    hashBytes() {
      const hash = createHash('sha256')
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
    },
    newId() {
      const ms = Math.max(Date.now(), last.ms)
      last.count = ms === last.ms ? last.count + 1 : 0
      // 12 bits of counter stand behind the time; when they are used up the next millisecond is borrowed.
      last.ms = last.count > 0xfff ? ms + 1 : ms
      if (last.count > 0xfff) last.count = 0
      return formatVersion7(last.ms, last.count)
    },
  }
}

function formatVersion7(ms: number, count: number): string {
  const time = ms.toString(16).padStart(12, '0')
  const random = randomBytes(8)
  random[0] = 0x80 | (random[0]! & 0x3f)
  const tail = random.toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`
}
