/**
 * What the studio asks of the server, in the words of the screens. Composables know nothing else: one implementation
 * speaks through the client package, the gallery's keeps everything in memory.
 * Every method may throw {@link RequestFailure}; nothing else is thrown on purpose.
 */
import { inject, type InjectionKey } from 'vue'
import type { AppOptions } from '../projects/appOptions.ts'
import type {
  Ending,
  ExportFormat,
  Failure,
  FeedView,
  RewriteKind,
  StageStatus,
  TextView,
  PipelineView,
} from '../types.ts'

export type SessionUser = { id: string; name: string; email: string; isAdministrator: boolean }

/** Why an account could not be opened or made: outcomes a form must show, so they are values. */
export type AccountRefusal =
  | 'wrongCredentials'
  | 'emailTaken'
  | 'emailInvalid'
  | 'passwordTooShort'
  | 'tooManyTries'
  /** The page's address is none of the server's. */
  | 'foreignAddress'
  | 'unreachable'
  | 'unknown'
export type AccountOutcome = { ok: true; user: SessionUser } | { ok: false; refusal: AccountRefusal }

export type SessionApi = {
  /** Null when nobody is signed in. */
  current(): Promise<SessionUser | null>
  signIn(account: { email: string; password: string }): Promise<AccountOutcome>
  signUp(account: { name: string; email: string; password: string }): Promise<AccountOutcome>
  signOut(): Promise<void>
}

export type ProjectCardView = {
  projectId: string
  title: string
  pipeline: string
  stages: { key: string; status: StageStatus }[]
  updatedAt: string
}
export type ProjectPage = { total: number; page: number; pageSize: number; projects: ProjectCardView[] }
export type ProjectHead = {
  projectId: string
  title: string
  pipeline: string
  /** What it was begun with, as its pipeline understands it. */
  input: Readonly<Record<string, unknown>>
}

/** Languages are BCP 47 tags. */
export type DocumentInput = {
  fileId: string
  from?: string
  to: string
  glossary?: { term: string; translation: string }[]
}
export type NewDocument = DocumentInput & { pipeline: 'document'; title?: string }

/** `text` is what its pipeline begins with (a topic, an original text, a brief), and `field` what the pipeline calls it. */
export type NewText = {
  pipeline: string
  field: string
  title?: string
  text: string
  language?: string
  /** Of an app only. */
  options?: AppOptions
}

export type NewProject = NewText | NewDocument

/** `onShare`: how much is up, 0 to 1. */
export type UploadOptions = { signal: AbortSignal; onShare(share: number): void }

export type FilesApi = {
  upload(file: File, options: UploadOptions): Promise<{ fileId: string }>
}

/** `content` in base64. */
export type DownloadFile = { name: string; mediaType: string; content: string }

export type ProjectsApi = {
  list(query: { search: string; page: number; pageSize: number }): Promise<ProjectPage>
  create(project: NewProject): Promise<{ projectId: string }>
  get(projectId: string): Promise<ProjectHead>
  /** A file of one version, or of the present text of every stage. */
  exportFile(request: {
    projectId: string
    format: ExportFormat
    rewriteId?: string | undefined
  }): Promise<DownloadFile>
}

/** A version of a stage, without its text. `no` counts within the project, `version` within the stage, from 1. */
export type VersionView = {
  rewriteId: string
  no: number
  version: number
  kind: RewriteKind
  /** Null while it is being written. */
  ending: Ending | null
  length: number
  summary: string | null
  instruction: string | null
  tokens: number | null
  createdAt: string
  closedAt: string | null
}

/** `title`: of the project it was made in. */
export type CachedText = { rewriteId: string; projectId: string; title: string; createdAt: string }

export type Draft = { text: string; baseRewriteId: string | null; savedAt: string }

export type StageAddress = { projectId: string; stage: string }

/** `part`: the text is that of the one part; the rest stays as it is. */
export type StageEdit = { text: string; baseRewriteId: string | null; part?: string }

export type StagesApi = {
  /** Newest first. */
  versions(address: StageAddress): Promise<VersionView[]>
  /** The text of a closed version: it never changes, so it may be kept for ever. */
  text(rewriteId: string): Promise<string>
  /** What the user was editing here on an earlier visit, on any device. */
  draft(address: StageAddress): Promise<Draft | null>
  /** `text: null` takes the draft away. */
  saveDraft(draft: StageAddress & { text: string | null; baseRewriteId: string | null }): Promise<void>
  /** Makes the text a new version. Fails with `stage.changed` when the current version is not `baseRewriteId`. */
  edit(edit: StageAddress & StageEdit): Promise<void>
  /** Takes a result that was below the threshold all the same. */
  accept(address: StageAddress): Promise<void>
  /** A stored text that a plain run would only make again; null when there is none. */
  cached(address: StageAddress): Promise<CachedText | null>
  /** Makes a new version with an older one's text: in its own stage, or in the same one of another project. */
  restore(rewriteId: string, projectId?: string): Promise<void>
}

export type RunRequest = {
  projectId: string
  stages: string[] | 'rest'
  instruction?: string
  /** The one part of the stage's text to write anew. */
  part?: string
  /** The version that was cut off, to be gone on with. */
  continueFrom?: string
  reviewEach?: boolean
  /** The same key with the same request starts one task however often it is sent. */
  idempotencyKey: string
}

export type TasksApi = {
  create(request: RunRequest): Promise<{ taskId: string }>
  cancel(taskId: string): Promise<void>
  /** Lets a task that waits for a review go on. */
  resume(taskId: string): Promise<void>
  /** Tokens a run of the stage is expected to take, prompt and answer. */
  estimate(address: StageAddress): Promise<{ tokens: number }>
  /** How many tasks stand before a queued one; null when it is not queued. */
  outlook(taskId: string): Promise<{ ahead: number | null; remainingSeconds: number | null }>
}

/** What the live feed folds to. Always the whole, so a view may be skipped without loss. `state` is null until the first came. */
export type LiveProject = Pick<FeedView, 'state' | 'figures' | 'texts'>
export type LiveText = TextView

export type Connection = 'connecting' | 'live' | 'lost'

export type LiveApi = {
  /** Views until `signal` aborts. Reconnects for ever by itself; throws RequestFailure('notFound' | 'auth.required'). */
  followProject(
    projectId: string,
    options: { signal: AbortSignal; onConnection(connection: Connection): void },
  ): AsyncIterable<LiveProject>
  /** Tells, while the tab is hidden, which tasks of the user's workspace have ended; of a task perhaps twice. */
  watchEnded(options: { userId: string; signal: AbortSignal; onEnded(taskIds: readonly string[]): void }): void
}

export type ServerApi = {
  /** `usesDemoWriter`: no provider is set, so the built-in writer answers. */
  /** The kinds of projects there are. */
  pipelines(): Promise<PipelineView[]>
  about(): Promise<{ usesDemoWriter: boolean; /** False on a new server. */ hasAccounts: boolean }>
}

export type Studio = {
  session: SessionApi
  projects: ProjectsApi
  files: FilesApi
  stages: StagesApi
  tasks: TasksApi
  live: LiveApi
  server: ServerApi
}

/** A refused or broken request, as the screens need it. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  readonly failure: Failure
  /** To be told to whoever looks after the server. */
  readonly requestId: string | null

  constructor(failure: Failure, options: { requestId?: string | null; cause?: unknown } = {}) {
    super(failure.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.failure = failure
    this.requestId = options.requestId ?? null
  }
}

/** What went wrong, whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailure) return error.failure
  return { code: 'server.internal', message: error instanceof Error ? error.message : String(error) }
}

export const studioKey: InjectionKey<Studio> = Symbol('studio')

/** The studio's way to the server, as main.ts provided it. */
export function useStudio(): Studio {
  const studio = inject(studioKey)
  if (studio === undefined) throw new Error('No studio was provided: app.provide(studioKey, …) is missing.')
  return studio
}
