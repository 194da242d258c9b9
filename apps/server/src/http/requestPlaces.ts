import { AppError } from '@stagewright/core'

/** Long requests at once, of one user and in this process. */
export type PlaceLimits = {
  ofUser: number
  total: number
  /** What they are, in the words of a refusal: "uploads". */
  what: string
}

/** Each may hold 20 MB in memory while it is looked at. */
export const uploadLimits: PlaceLimits = { ofUser: 5, total: 20, what: 'uploads' }
export const archiveLimits: PlaceLimits = { ofUser: 1, total: 4, what: 'downloads of whole accounts' }
const retryAfterMs = 5_000

export type RequestPlaces = {
  /** Gives the place back when called. Throws AppError 'server.busy' (limit, retryAfterMs) when there is none. */
  enter(userId: string): () => void
}

export function createRequestPlaces({ ofUser, total, what }: PlaceLimits): RequestPlaces {
  const taken = new Map<string, number>()
  let inAll = 0
  return {
    enter(userId) {
      const own = taken.get(userId) ?? 0
      if (own >= ofUser) throw busy(`${ofUser} ${what} of yours are under way already.`, ofUser)
      if (inAll >= total) throw busy(`Many ${what} are under way.`, total)
      taken.set(userId, own + 1)
      inAll++
      return () => {
        inAll--
        const left = taken.get(userId)! - 1
        if (left === 0) taken.delete(userId)
        else taken.set(userId, left)
      }
    },
  }
}

function busy(message: string, limit: number): AppError {
  return new AppError('server.busy', `${message} Try again in a few seconds.`, { params: { limit, retryAfterMs } })
}
