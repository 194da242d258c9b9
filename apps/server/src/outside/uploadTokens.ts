/** What lets a processor upload the file of its result: good for one outside task, as long as that is open. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export type UploadTokens = {
  make(outsideTaskId: string): string
  isRight(outsideTaskId: string, token: string): boolean
}

export function createUploadTokens(secretKey: string): UploadTokens {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'outside-uploads', 32))
  const make = (outsideTaskId: string): string => createHmac('sha256', key).update(outsideTaskId).digest('base64url')
  return {
    make,
    isRight(outsideTaskId, token) {
      const [right, given] = [Buffer.from(make(outsideTaskId)), Buffer.from(token)]
      return right.length === given.length && timingSafeEqual(right, given)
    },
  }
}
