/**
 * Answers to requests that never get as far as a procedure: too large, too slow, not HTTP. All of them carry one of our
 * codes; those under /trpc in the shape tRPC's clients read.
 */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ErrorCode, ErrorParams } from '@stagewright/core'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../log.ts'

/** tRPC's numbers for its codes, by HTTP status: what stands in `error.code`. */
const trpcNumbers: Readonly<Record<number, { code: string; number: number }>> = {
  403: { code: 'FORBIDDEN', number: -32_003 },
  408: { code: 'TIMEOUT', number: -32_008 },
  413: { code: 'PAYLOAD_TOO_LARGE', number: -32_013 },
  414: { code: 'PAYLOAD_TOO_LARGE', number: -32_013 },
  431: { code: 'PAYLOAD_TOO_LARGE', number: -32_013 },
  500: { code: 'INTERNAL_SERVER_ERROR', number: -32_603 },
}
const badRequest = { code: 'BAD_REQUEST', number: -32_600 }

/** In characters. Our client's batches keep within 8,000. */
export const maxAddressLength = 10_000

/** More than the largest file, so that one that is a little too large is told so. */
const bearableBodyBytes = 24 * 1_024 * 1_024

export type Refusal = { status: number; appCode: ErrorCode; message: string; params?: ErrorParams }

const addressTooLong: Refusal = {
  status: 414,
  appCode: 'request.tooLarge',
  message: 'The address of the request is too long.',
}

/** Fastify's own refusals, in our words. What we did not foresee is logged and told as `server.internal`. */
export function addRefusals(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.length > maxAddressLength) answerRefusal(addressTooLong, request, reply)
  })
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const refusal = decideRefusal(error)
    if (refusal.appCode === 'server.internal')
      log.error({ err: error, requestId: request.id }, 'A request failed by a fault of ours.')
    if (refusal.status === 413) await letFinish(request, reply)
    answerRefusal(refusal, request, reply)
    return reply
  })
}

/** For errors Fastify meets before it knows a route, such as an address that is too long. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  answerRefusal(decideRefusal(error), request, reply)
}

/**
 * Who is still sending when the connection is closed is reset, and may never see the answer: a proxy makes a 502 of it.
 * So what is bearable is read to its end and dropped, in the time that a request may take; more is cut off.
 */
export async function letFinish({ raw, headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  const isBearable = Number(headers['content-length'] ?? Infinity) <= bearableBodyBytes
  if (!isBearable) return void reply.header('connection', 'close')
  raw.resume()
  // It may be cut meanwhile: then there is nobody to answer.
  await finished(raw).catch(() => undefined)
}

/** Under /trpc in the shape its clients read. */
export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): void {
  const isTrpc = request.url.startsWith('/trpc/')
  void reply.status(refusal.status).send(isTrpc ? { error: shapeOf(refusal, request.id) } : plain(refusal))
}

export function decideRefusal(error: Pick<FastifyError, 'code' | 'statusCode' | 'message'>): Refusal {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, appCode: 'request.tooLarge', message: 'The body of the request is larger than is taken.' }
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return addressTooLong
    default: {
      const status = error.statusCode ?? 500
      if (status >= 500) return { status: 500, appCode: 'server.internal', message: 'The server made a mistake.' }
      return { status, appCode: 'input.invalid', message: error.message }
    }
  }
}

/** Answers what is no request: heads too large, bytes that are not HTTP, and those that come too slowly. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const refusal = decideBrokenRequest(error.code)
  const body = JSON.stringify(plain(refusal))
  const head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`
  if (socket.writable) socket.write(`${head}\r\n\r\n${body}`)
  socket.destroy(error)
}

function decideBrokenRequest(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, appCode: 'request.tooSlow', message: 'The request took too long to arrive.' }
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, appCode: 'request.tooLarge', message: 'The address or the headers are too long.' }
    default:
      return { status: 400, appCode: 'input.invalid', message: 'This is not an HTTP request.' }
  }
}

function plain({ message, appCode, params = {} }: Refusal) {
  return { message, appCode, params }
}

function shapeOf({ status, appCode, message, params = {} }: Refusal, requestId: string) {
  const { code, number } = trpcNumbers[status] ?? badRequest
  return { message, code: number, data: { code, httpStatus: status, appCode, params, requestId } }
}
