import type { TransportMemory } from '@stagewright/client'

const key = 'stagewright.transport'

/** As long as the tab: a page that is loaded again need not find out again what its network lets through. */
export const transportMemory: TransportMemory = {
  // Storage may be forbidden or full: it is then found out anew.
  read() {
    try {
      return sessionStorage.getItem(key)
    } catch {
      return null
    }
  },
  write(transport) {
    try {
      sessionStorage.setItem(key, transport)
    } catch {
      return
    }
  },
}
