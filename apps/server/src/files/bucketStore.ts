/**
 * Contents in a bucket of an S3-compatible service.
 *
 * Guarantee: a content is there whole or not at all: it is sent in one request that says its length, once all of it is
 * here. A service that does not answer in time is given up.
 */
import { notFound, requireFileKey, type FileStore } from '@stagewright/core'
import { S3mini, S3ServiceError } from 's3mini'

export type Bucket = { endpoint: string; region: string; name: string; accessKey: string; secretKey: string }

/** `answerWithinMs`: until the service begins to answer, the sending of a content included. */
export function openBucketStore(bucket: Bucket, { answerWithinMs = 60_000 } = {}): FileStore {
  const { endpoint, region, name, accessKey: accessKeyId, secretKey: secretAccessKey } = bucket
  const client = new S3mini({
    endpoint: `${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(name)}`,
    region,
    accessKeyId,
    secretAccessKey,
    fetch: boundedFetch(answerWithinMs),
  })
  return {
    async write(key, content) {
      requireFileKey(key)
      const whole = Buffer.concat(await Array.fromAsync(content))
      await told(() => client.putObject(key, whole, 'application/octet-stream'))
    },
    async *read(key) {
      requireFileKey(key)
      const answer = await told(() => client.getObjectResponse(key))
      if (answer === null) throw notFound('file', key)
      if (answer.body !== null) yield* answer.body
    },
    async remove(key) {
      requireFileKey(key)
      await told(() => client.deleteObject(key)).catch((error: unknown) => {
        if (!(error instanceof BucketFailed && error.code === 'NoSuchKey')) throw error
      })
    },
  }
}

/** The service refused. Its answer is not kept: it repeats the key's id and what was signed. */
export class BucketFailed extends Error {
  override readonly name = 'BucketFailed'
  readonly code: string

  constructor(status: number, code: string) {
    super(`The store of files answered with ${status} (${code}).`)
    this.code = code
  }
}

async function told<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof S3ServiceError) throw new BucketFailed(error.status, error.serviceCode ?? 'Unknown')
    throw error
  }
}

/** Only the answer's beginning is waited for: how fast its body is read is the reader's matter. */
function boundedFetch(answerWithinMs: number): typeof fetch {
  return async (input, init) => {
    const abort = new AbortController()
    const late = new Error(`The store of files did not answer within ${answerWithinMs / 1_000} s.`)
    const timer = setTimeout(() => abort.abort(late), answerWithinMs)
    try {
      return await fetch(input, { ...init, signal: abort.signal })
    } finally {
      clearTimeout(timer)
    }
  }
}
