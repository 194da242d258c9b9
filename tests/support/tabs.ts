/** Several tabs of one browser, and what a server and a page say of their connections. */
import type { Page } from 'playwright-core'

/** How many live connections a server holds, by its own metrics. */
export type LiveConnections = { sse: number; webSocket: number }

export async function readLiveConnections(url: string): Promise<LiveConnections> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const count = (transport: string): number => {
    const found = new RegExp(`^stagewright_viewers\\{transport="${transport}"\\} (\\d+)$`, 'm').exec(text)
    if (found === null) throw new Error(`The metrics say nothing of viewers over ${transport}.`)
    return Number(found[1])
  }
  return { sse: count('sse'), webSocket: count('webSocket') }
}

/** A headless page always says that it is visible: the page is told otherwise, as the browser would. */
export function setVisibility(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  return page.evaluate((now) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => now })
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => now === 'hidden' })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)
}

/** One time a page asked to follow or polled. WebSockets carry it inside and are not among them. */
export type LiveRequest = { procedure: 'live.follow' | 'live.poll'; projectId: string | null; cursor: string | null }

/** What a page asks from now on, in order. */
export function recordLiveRequests(page: Page): readonly LiveRequest[] {
  const requests: LiveRequest[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    const procedure = /\/trpc\/(live\.follow|live\.poll)$/.exec(url.pathname)?.[1] as
      | LiveRequest['procedure']
      | undefined
    if (procedure === undefined) return
    const input = JSON.parse(url.searchParams.get('input') ?? '{}') as Record<string, unknown>
    const { projectId = null, cursor = null } = (input[0] ?? input) as Partial<LiveRequest>
    requests.push({ procedure, projectId, cursor })
  })
  return requests
}
