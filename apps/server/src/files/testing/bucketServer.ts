/**
 * An S3 service as far as the store uses one, on a free port of loopback. It checks the signature of every request by
 * itself (AWS Signature Version 4, from its description), and refuses what is not signed with its key.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Bucket } from '../bucketStore.ts'

export type BucketServer = {
  bucket: Bucket
  objects: Map<string, Buffer>
  /** The next request is answered so, after its signature was checked. */
  next(fault: 'error' | 'cut' | 'silence' | 'noSuchKey'): void
  close(): Promise<void>
}

export async function startBucketServer(): Promise<BucketServer> {
  const objects = new Map<string, Buffer>()
  const faults: string[] = []
  const bucket = {
    endpoint: '',
    region: 'eu-test-1',
    name: 'files-of-test',
    accessKey: 'AKIATEST',
    secretKey: 's/e+c=ret',
  }
  const server = createServer((request, response) => {
    void readBody(request).then(
      (body) => {
        const refusal = checkSignature(request, bucket)
        if (refusal !== null) return fail(response, 403, refusal)
        const fault = faults.shift()
        if (fault !== undefined) return misbehave(response, fault)
        serve({ request, response, objects, body, bucket: bucket.name })
      },
      // Cut by its sender: nothing of it counts.
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  bucket.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    bucket,
    objects,
    next: (fault) => void faults.push(fault),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  if (!request.complete) throw new Error('The request was cut.')
  return body
}

type Serving = {
  request: IncomingMessage
  response: ServerResponse
  objects: Map<string, Buffer>
  body: Buffer
  bucket: string
}

function serve({ request, response, objects, body, bucket }: Serving): void {
  const [, name, key, ...rest] = new URL(request.url!, 'http://x').pathname.split('/')
  if (name !== bucket || key === undefined || rest.length > 0) return fail(response, 404, 'NoSuchBucket')
  const id = decodeURIComponent(key)
  switch (request.method) {
    case 'PUT':
      if (Number(request.headers['content-length']) !== body.length) return fail(response, 411, 'MissingContentLength')
      objects.set(id, body)
      response.setHeader('etag', `"${createHash('md5').update(body).digest('hex')}"`).end()
      return
    case 'GET': {
      const object = objects.get(id)
      if (object === undefined) return fail(response, 404, 'NoSuchKey')
      response.setHeader('content-length', object.length).end(object)
      return
    }
    case 'DELETE':
      objects.delete(id)
      response.writeHead(204).end()
      return
    default:
      fail(response, 405, 'MethodNotAllowed')
  }
}

function misbehave(response: ServerResponse, fault: string): void {
  if (fault === 'silence') return
  if (fault === 'noSuchKey') return fail(response, 404, 'NoSuchKey')
  if (fault === 'error') return fail(response, 503, 'SlowDown')
  response.writeHead(200, { 'content-length': 1_000 })
  response.write('half', () => response.destroy())
}

function fail(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>AKIATEST said ${code}</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body)
}

const authorization = /^AWS4-HMAC-SHA256 Credential=(\S+?), ?SignedHeaders=(\S+?), ?Signature=([0-9a-f]{64})$/

/** The code of the refusal, or null when the request is signed as it must be. */
function checkSignature(request: IncomingMessage, { accessKey, secretKey, region }: Bucket): string | null {
  const [, credential = '', signed = '', signature = ''] = authorization.exec(request.headers.authorization ?? '') ?? []
  const [id, date = '', ...scope] = credential.split('/')
  if (id !== accessKey) return 'InvalidAccessKeyId'
  if (scope.join('/') !== `${region}/s3/aws4_request`) return 'AuthorizationHeaderMalformed'
  const time = String(request.headers['x-amz-date'])
  if (!time.startsWith(date) || Math.abs(Date.now() - readTime(time)) > 900_000) return 'RequestTimeTooSkewed'
  const names = signed.split(';')
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.includes(name))) return 'AccessDenied'
  const url = new URL(request.url!, 'http://x')
  const query = [...url.searchParams]
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .toSorted()
    .join('&')
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('')
  const hash = String(request.headers['x-amz-content-sha256'])
  const canonical = [request.method, url.pathname, query, headers, signed, hash].join('\n')
  const digest = createHash('sha256').update(canonical).digest('hex')
  const text = ['AWS4-HMAC-SHA256', time, [date, ...scope].join('/'), digest].join('\n')
  const key = [date, ...scope].reduce<Buffer | string>((by, part) => hmac(by, part), `AWS4${secretKey}`)
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch'
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** `20261128T213000Z` */
function readTime(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
