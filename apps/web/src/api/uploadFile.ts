import { errorCodes, type ErrorCode, type ErrorParams } from '../types.ts'
import { RequestFailure, type UploadOptions } from './studio.ts'

/** Sends a file to the server as it is. Not by fetch, which does not tell how much is up. Throws RequestFailure. */
export function uploadFile(file: File, { signal, onShare }: UploadOptions): Promise<{ fileId: string }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = (): void => request.abort()
    signal.addEventListener('abort', abort, { once: true })
    request.upload.addEventListener('progress', ({ loaded, total }) => onShare(total === 0 ? 1 : loaded / total))
    request.addEventListener('loadend', () => {
      signal.removeEventListener('abort', abort)
      const answer = parse(request.responseText)
      if (request.status === 201 && typeof answer.id === 'string') return resolve({ fileId: answer.id })
      reject(failureOfAnswer(answer))
    })
    request.open('PUT', `/files?name=${encodeURIComponent(file.name)}`)
    request.send(file)
  })
}

type Answer = { id?: unknown; appCode?: unknown; message?: unknown; params?: ErrorParams }

function parse(text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return {}
  }
}

/** No answer of ours: the server is away, or something in between spoke. */
function failureOfAnswer({ appCode, message, params }: Answer): RequestFailure {
  if (!isErrorCode(appCode)) return new RequestFailure({ code: 'server.busy', message: 'The file could not be sent.' })
  return new RequestFailure({ code: appCode, message: String(message), ...(params === undefined ? {} : { params }) })
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && (errorCodes as readonly string[]).includes(code)
}
