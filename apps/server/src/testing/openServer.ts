import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DocumentPort, FeedOptions } from '@stagewright/core'
import type { FolderLock } from '@stagewright/db/folderLock'
import { createClient, type Client } from '@stagewright/client'
import { readConfig } from '../config.ts'
import { createLog } from '../log.ts'
import type { RequestTimes } from '../http/httpServer.ts'
import { startServer } from '../server.ts'
import { prepareFolder } from './preparedFolder.ts'

export type OpenServer = {
  url: string
  dataDir: string
  /** Everything logged so far, a line each. */
  logged(): readonly string[]
  /** A new account: its cookie, its id, and a client that uses an API key of its own. */
  signUp(email: string): Promise<Account>
  close(): Promise<void>
}

export type Account = { userId: string; cookie: string; apiKey: string; client: Client }

export type OpenServerOptions = {
  environment?: Record<string, string>
  feedOptions?: FeedOptions
  requestTimes?: Partial<RequestTimes>
  documents?: DocumentPort
  forgetEveryMs?: number
  dataDir?: string
  /** Instead of the folder's own: to see what it is good for. */
  lock?: FolderLock
}

/** The real server on a free port and, unless one is given, a folder of its own that another server has begun. */
export async function openServer(options: OpenServerOptions = {}): Promise<OpenServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'stagewright-server-')))
  if (options.dataDir === undefined && !options.environment?.['DATABASE_URL']) await prepareFolder(dataDir)
  const config = readConfig({ PORT: '0', DATA_DIR: dataDir, ...options.environment })
  const lines: string[] = []
  const log = createLog('info', { write: (line: string) => void lines.push(line) })
  const server = await startServer(config, log, {
    onFailure: (error) => lines.push(String(error)),
    ...(options.feedOptions && { feedOptions: options.feedOptions }),
    ...(options.lock && { lock: options.lock }),
    ...(options.documents && { documents: options.documents }),
    ...(options.forgetEveryMs && { forgetEveryMs: options.forgetEveryMs }),
    ...(options.requestTimes && { requestTimes: options.requestTimes }),
  })
  const clients: Client[] = []
  return {
    url: server.url,
    dataDir,
    logged: () => lines,
    async signUp(email) {
      const account = await signUp(server.url, email)
      clients.push(account.client)
      return account
    },
    async close() {
      for (const client of clients) client.close()
      await server.stop()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function signUp(url: string, email: string): Promise<Account> {
  const answer = await fetch(`${url}/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password: 'correct horse', name: email.split('@')[0] }),
  })
  if (!answer.ok) throw new Error(`Signing ${email} up was answered with ${answer.status}: ${await answer.text()}`)
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const { user } = (await answer.json()) as { user: { id: string } }
  const { apiKey } = await makeKey(url, cookie)
  return { userId: user.id, cookie, apiKey, client: createClient({ url, apiKey }) }
}

async function makeKey(url: string, cookie: string): Promise<{ apiKey: string }> {
  const answer = await fetch(`${url}/trpc/apiKeys.create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify({ name: 'test' }),
  })
  const body = (await answer.json()) as { result?: { data: { key: string } } }
  if (body.result === undefined)
    throw new Error(`Making a key was answered with ${answer.status}: ${JSON.stringify(body)}`)
  return { apiKey: body.result.data.key }
}
