import { AppError } from '@stagewright/core'

/** Uploads at once, of one user and in this process: each may hold 20 MB in memory while it is looked at. */
export type UploadLimits = { ofUser: number; total: number }

export const uploadLimits: UploadLimits = { ofUser: 5, total: 20 }
const retryAfterMs = 5_000

export type UploadPlaces = {
  /** Gives the place back when called. Throws AppError 'server.busy' (limit, retryAfterMs) when there is none. */
  enter(userId: string): () => void
}

export function createUploadPlaces({ ofUser, total }: UploadLimits): UploadPlaces {
  const taken = new Map<string, number>()
  let inAll = 0
  return {
    enter(userId) {
      const own = taken.get(userId) ?? 0
      if (own >= ofUser) throw busy(`You are uploading ${own} files already.`, ofUser)
      if (inAll >= total) throw busy('Many files are being uploaded.', total)
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
