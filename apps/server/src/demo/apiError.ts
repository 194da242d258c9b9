import type { ServerResponse } from 'node:http'

type ApiErrorOptions = { type?: string; code?: string; param?: string }

/** A refusal in the shape clients of this protocol expect. */
export class ApiError extends Error {
  readonly status: number
  readonly body: { error: { message: string; type: string; param: string | null; code: string | null } }

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(message)
    this.status = status
    const { type = 'invalid_request_error', code = null, param = null } = options
    this.body = { error: { message, type, param, code } }
  }
}

/** Answers with JSON and its length. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** Answers with a refusal; once an answer has begun, all that is left is to hang up. */
export function sendFailure(response: ServerResponse, failure: unknown): void {
  if (response.headersSent) return void response.destroy()
  if (failure instanceof ApiError) return sendJson(response, failure.status, failure.body)
  const broken = new ApiError(500, 'The demo writer failed.', { type: 'server_error' })
  sendJson(response, broken.status, broken.body)
}
