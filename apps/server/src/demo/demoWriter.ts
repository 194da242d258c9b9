import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError, sendFailure, sendJson } from './apiError.ts'
import { answerCompletion } from './completion.ts'
import { readCompletionRequest } from './completionRequest.ts'
import type { Pace } from './pacing.ts'

export const demoModel = 'demo-writer'

export type DemoWriter = {
  /** Ends in /v1, as clients of this protocol expect. */
  baseUrl: string
  apiKey: string
  model: string
  /** Hangs up on everybody and frees the port; again: does nothing. */
  close(): Promise<void>
}

/**
 * Starts an OpenAI-compatible endpoint on a free loopback port, with a key nobody else knows. It writes readable text
 * made from what it is asked, always the same for the same request, at `tokensPerSecond` (60; Infinity for at once)
 * after `firstTokenMs` (250). It is a provider like any other and knows nothing but what requests say.
 */
export async function startDemoWriter(options: Partial<Pace> = {}): Promise<DemoWriter> {
  const pace: Pace = { tokensPerSecond: options.tokensPerSecond ?? 60, firstTokenMs: options.firstTokenMs ?? 250 }
  if (!(pace.tokensPerSecond > 0)) throw new RangeError(`tokensPerSecond must be above 0, not ${pace.tokensPerSecond}`)
  const apiKey = `demo-${randomBytes(24).toString('base64url')}`
  const server = createServer((request, response) => {
    void answer(request, response, { apiKey, pace })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey,
    model: demoModel,
    close: () => (closing ??= closeServer(server)),
  }
}

type Desk = { apiKey: string; pace: Pace }

async function answer(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    checkKey(request, desk.apiKey)
    await route(request, response, { pace: desk.pace, signal: gone.signal })
  } catch (failure) {
    if (!gone.signal.aborted) sendFailure(response, failure)
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  options: { pace: Pace; signal: AbortSignal },
): Promise<void> {
  const path = request.url?.split('?')[0]
  if (path === '/v1/models') {
    expectMethod(request, 'GET')
    const model = { id: demoModel, object: 'model', created: 0, owned_by: 'stagewright' }
    return sendJson(response, 200, { object: 'list', data: [model] })
  }
  if (path !== '/v1/chat/completions') throw new ApiError(404, `There is nothing at ${path ?? '/'}.`)
  expectMethod(request, 'POST')
  const asked = await readCompletionRequest(request)
  if (asked.model !== demoModel) {
    const message = `The model "${asked.model}" does not exist; this is the demo writer, its model is "${demoModel}".`
    throw new ApiError(404, message, { code: 'model_not_found', param: 'model' })
  }
  await answerCompletion(response, asked, { id: `chatcmpl-${randomUUID()}`, ...options })
}

function expectMethod(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw new ApiError(405, `Use ${method} here.`)
}

function checkKey(request: IncomingMessage, apiKey: string): void {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (given !== undefined && timingSafeEqual(digest(given), digest(apiKey))) return
  const message = given === undefined ? 'No API key was given.' : 'The API key is not the right one.'
  throw new ApiError(401, message, { code: 'invalid_api_key' })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
