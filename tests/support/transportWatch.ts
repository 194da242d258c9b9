import type { Page } from 'playwright-core'
import type { Transport } from '@stagewright/client'

/** What came to a page over each transport, as its browser saw it arrive. */
export type TransportWatch = {
  /** Bytes of the answers' bodies and frames so far. */
  received(transport: Transport): number
  /** Connections (for polling: requests) begun so far. */
  begun(transport: Transport): number
  /** How often something came, heartbeats included. */
  arrivals(transport: Transport): number
}

/** Watches from now on. Counted as they come: the answer of a stream that is still open is seen here, and nowhere else. */
export async function watchTransports(page: Page): Promise<TransportWatch> {
  const [bytes, begun, arrivals] = [countOfEach(), countOfEach(), countOfEach()]
  const take = (transport: Transport, size: number): void => {
    bytes[transport] += size
    arrivals[transport]++
  }
  const known = new Map<string, Transport>()
  const session = await page.context().newCDPSession(page)
  session.on('Network.requestWillBeSent', ({ requestId, request }) => {
    const transport = transportOf(new URL(request.url).pathname)
    if (transport === null || known.has(requestId)) return
    known.set(requestId, transport)
    begun[transport]++
  })
  session.on('Network.dataReceived', ({ requestId, dataLength }) => {
    const transport = known.get(requestId)
    if (transport !== undefined) take(transport, dataLength)
  })
  session.on('Network.webSocketCreated', () => void begun.webSocket++)
  session.on('Network.webSocketFrameReceived', ({ response }) => take('webSocket', response.payloadData.length))
  await session.send('Network.enable')
  return {
    received: (transport) => bytes[transport],
    begun: (transport) => begun[transport],
    arrivals: (transport) => arrivals[transport],
  }
}

function countOfEach(): Record<Transport, number> {
  return { sse: 0, webSocket: 0, polling: 0 }
}

/** A batch names all its procedures. */
function transportOf(pathname: string): Transport | null {
  if (pathname.includes('live.follow')) return 'sse'
  return pathname.includes('live.poll') ? 'polling' : null
}
