/** What a provider's error says, however it spells it; empty strings where it says nothing. */
export type ErrorBody = {
  message: string
  /** Its `code` and `type`, lower case, separated by a space. */
  kind: string
  param: string
  /** A HTTP status inside the error, which some send with a 200 or in the middle of a stream. */
  status: number | null
}

/** Reads the text of an error answer: JSON of any shape, or words. */
export function parseErrorBody(text: string): ErrorBody {
  try {
    return readErrorObject(JSON.parse(text))
  } catch {
    return { message: text, kind: '', param: '', status: null }
  }
}

/** Reads a parsed error: `{ error: { message, type, code, param } }`, the inner object, a string, or FastAPI's detail. */
export function readErrorObject(value: unknown): ErrorBody {
  if (typeof value === 'string') return { message: value, kind: '', param: '', status: null }
  const outer = asFields(value)
  if (outer.error !== undefined && outer.error !== null) return readErrorObject(outer.error)
  const detail = Array.isArray(outer.detail) ? outer.detail.map(asFields) : []
  const words = outer.message ?? detail[0]?.msg ?? outer.detail
  const status = Number(outer.code ?? outer.status)
  return {
    message: typeof words === 'string' ? words : '',
    kind: [outer.code, outer.type]
      .filter((part) => typeof part === 'string')
      .join(' ')
      .toLowerCase(),
    param: typeof outer.param === 'string' ? outer.param : lastOf(detail[0]?.loc),
    status: Number.isInteger(status) && status >= 400 && status <= 599 ? status : null,
  }
}

function lastOf(path: unknown): string {
  return Array.isArray(path) ? String(path.at(-1)) : ''
}

function asFields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
