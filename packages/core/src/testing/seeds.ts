/** What the contract suites start from: users, projects, tasks and rewrites made through the ports alone. */
import type { Database, Tx } from '../ports/database.ts'
import type { Ending, TaskRecord, TaskStatus } from '../records.ts'
import { createNodeCrypto } from './nodeCrypto.ts'

export const crypto = createNodeCrypto()

/** Code units, code points and bytes all differ here, and each part is something a storage might take for syntax. */
export const trickyText =
  'Le “chat” d\'été\t春江潮水连海平🌊, 𠮷野家 👩‍🚀\r\n\\N \\. \\u0000 %s _ $1 ${x} {"a":[1]} é\u0301 \u200b终。'

/** The text in pieces of at most `size` code points, so that no piece splits a surrogate pair. */
export function piecesOf(text: string, size: number): string[] {
  const points = Array.from(text)
  return Array.from({ length: Math.ceil(points.length / size) }, (_, at) =>
    points.slice(at * size, (at + 1) * size).join(''),
  )
}

export type Home = { userId: string; workspaceId: string }
export type SeededProject = Home & { projectId: string }

export async function seedHome(database: Database): Promise<Home> {
  const userId = crypto.newId()
  const [workspaceId] = await database.workspacesOf(userId)
  return { userId, workspaceId: workspaceId! }
}

export const stageKeys = ['rewrite', 'storyboard', 'camera']

export async function seedProject(
  database: Database,
  given: Partial<Home> & { title?: string; pipeline?: string } = {},
): Promise<SeededProject> {
  const { userId, workspaceId } = given.userId && given.workspaceId ? (given as Home) : await seedHome(database)
  const projectId = crypto.newId()
  const words = { pipeline: given.pipeline ?? 'story', title: given.title ?? 'A title', input: { text: trickyText } }
  await database.transaction((tx) =>
    tx.insertProject({ id: projectId, workspaceId, createdBy: userId, ...words }, stageKeys),
  )
  return { userId, workspaceId, projectId }
}

type NewTask = Parameters<Tx['insertTask']>[0]

/** A task as its creation would insert it, not yet inserted. */
export function draftTask(project: SeededProject, given: Partial<NewTask> = {}): NewTask {
  const { workspaceId, projectId, userId } = project
  const wish = { instruction: null, part: null, continueFrom: null, inputs: {} }
  const settings = { ...wish, model: null, reviewEach: false, retryOf: null, eventSeq: 0 }
  const owner = { id: crypto.newId(), workspaceId, projectId, createdBy: userId }
  return { ...owner, stages: ['rewrite'], idempotencyKey: null, requestHash: 'hash', ...settings, ...given }
}

/** A queued task, inserted under the workspace's next event number. */
export async function seedTask(
  database: Database,
  project: SeededProject,
  given: Partial<NewTask> = {},
): Promise<TaskRecord> {
  return database.transaction(async (tx) => {
    await tx.touchProject(project.projectId)
    const task = draftTask(project, { eventSeq: await tx.touchWorkspace(project.workspaceId), ...given })
    await tx.insertTask(task)
    return (await tx.task(task.id))!
  })
}

export async function setStatus(database: Database, taskId: string, status: TaskStatus): Promise<void> {
  const ends = { completed: true, failed: true, cancelled: true, queued: false, running: false, waiting: false }[status]
  const failure = status === 'failed' ? { code: 'server.internal' as const, message: 'It failed.' } : null
  await database.transaction((tx) => tx.updateTask(taskId, {}, { status, failure, endedAt: ends ? 'now' : null }))
}

type NewRewrite = Parameters<Tx['insertOpenRewrite']>[0]

/** A rewrite as a stage's beginning would insert it, not yet inserted. */
export function draftRewrite(projectId: string, given: Partial<NewRewrite> = {}): NewRewrite {
  const origin = { inputRewriteId: null, baseRewriteId: null, instruction: null, createdBy: null }
  const place = { id: crypto.newId(), projectId, stageKey: 'rewrite', no: 1 }
  return { ...place, kind: 'generated', taskId: null, attempt: 1, ...origin, ...given }
}

export async function seedOpenRewrite(
  database: Database,
  projectId: string,
  given: Partial<NewRewrite> = {},
): Promise<string> {
  const rewrite = draftRewrite(projectId, given)
  await database.transaction((tx) => tx.insertOpenRewrite(rewrite))
  return rewrite.id
}

/** A complete rewrite with its whole text, as an edit would insert it. */
export async function seedClosedRewrite(
  database: Database,
  projectId: string,
  given: Partial<NewRewrite> & { text?: string } = {},
): Promise<string> {
  const { taskId: _taskId, attempt: _attempt, ...rewrite } = draftRewrite(projectId, { kind: 'edited', ...given })
  const text = given.text ?? trickyText
  await database.transaction((tx) =>
    tx.insertClosedRewrite({ ...rewrite, text, sha256: crypto.sha256(text), summary: null }),
  )
  return rewrite.id
}

/** Appends the pieces one after another from `offset` on; says how long the text is then. Throws when a piece is refused. */
export async function appendPieces(
  database: Database,
  rewriteId: string,
  { attempt, offset, pieces }: { attempt: number; offset: number; pieces: readonly string[] },
): Promise<number> {
  let length = offset
  for (const text of pieces) {
    const written = await database.appendChunks([{ rewriteId, attempt, offset: length, text }])
    if (written.length !== 1) throw new Error(`The chunk at ${length} was refused.`)
    length += text.length
  }
  return length
}

/** What `closeRewrite` needs to close a rewrite with this text. */
export function closingOf(text: string, ending: Ending = 'complete') {
  return { ending, text, sha256: crypto.sha256(text), summary: null, promptTokens: null, completionTokens: null }
}
