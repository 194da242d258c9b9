import type { Database, Engine, Feed, Processors, Projects, Stages, Webhooks } from '@stagewright/core'
import type { Exporter } from './exporter.ts'
import type { TaskAnswers } from './taskAnswers.ts'
import type { Transport, Viewers } from './viewers.ts'

export type User = { id: string; role: 'admin' | 'user' }

export type ApiKeyView = {
  id: string
  name: string
  start: string
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
}

/** API keys of a user; kept by whoever keeps the accounts. */
export type ApiKeys = {
  list(userId: string): Promise<ApiKeyView[]>
  /** The key itself is answered once and never again. */
  create(userId: string, key: { name: string; expiresInDays: number | null }): Promise<{ id: string; key: string }>
  /** False when the user has no such key. */
  revoke(userId: string, id: string): Promise<boolean>
}

/** The parts of the program that procedures call, made once for the process. */
export type Services = {
  engine: Engine
  projects: Projects
  stages: Stages
  feed: Feed
  processors: Processors
  webhooks: Webhooks
  database: Database
  taskAnswers: TaskAnswers
  apiKeys: ApiKeys
  viewers: Viewers
  exportFile: Exporter
  /** What the studio must know of the server. */
  about(): Promise<{
    version: string
    usesDemoWriter: boolean
    /** False on a new server: who comes first signs up. */ hasAccounts: boolean
  }>
  log: { error(facts: Record<string, unknown>, message: string): void }
}

/** What a request brings. Made per request (HTTP) or per connection (WebSocket). */
export type Context = Services & {
  user: User | null
  requestId: string
  transport: Transport
  /** Whether the session or key of this request is still good; asked again while a stream runs. */
  isStillAllowed(): Promise<boolean>
  /** Resolves when the connection can take more; absent where the transport itself holds back. */
  waitUntilWritable?: ((signal: AbortSignal) => Promise<void>) | undefined
}
