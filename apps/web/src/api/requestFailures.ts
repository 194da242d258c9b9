import { TRPCClientError, type AppRouter } from '@stagewright/client'
import { RequestFailure } from './studio.ts'

/** Does what is asked, and turns whatever is thrown into the one failure that screens know. */
export async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw toRequestFailure(error)
  }
}

export function toRequestFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error
  const known = error instanceof TRPCClientError ? (error as TRPCClientError<AppRouter>) : null
  if (known?.data?.appCode !== undefined) {
    const { appCode, params, requestId } = known.data
    return new RequestFailure({ code: appCode, message: known.message, params }, { requestId, cause: error })
  }
  // No answer at all: the server is away, or the network is.
  const message = error instanceof Error ? error.message : String(error)
  return new RequestFailure({ code: 'server.busy', message }, { cause: error })
}
