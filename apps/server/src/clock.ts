import { createHash } from 'node:crypto'
import { uuidv7 } from './uuid.ts'
import type { Clock, Crypto } from '@stagewright/core'

/** Monotonic time of this process. Timers do not keep it alive. */
export const processClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

export const processCrypto: Crypto = {
  sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
  hashBytes() {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
  },
  newId: uuidv7,
}
