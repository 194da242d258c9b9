import type {
  DeliveryRecord,
  OutsideMessageRecord,
  OutsideTaskRecord,
  ProcessorRecord,
  WebhookRecord,
} from '../outsideRecords.ts'
import type {
  AttemptRecord,
  CallRecord,
  DraftRecord,
  FileRecord,
  ProjectRecord,
  ProviderRecord,
  RewriteRecord,
  StageRecord,
  TaskRecord,
  TaskStageRecord,
} from '../records.ts'
import { CommittedRows, type Rows, StagedRows } from './rows.ts'

export type WorkspaceRow = { id: string; eventSeq: number; personalOf: string; members: string[] }
/** A rewrite with its text: here chunks and closed text are one string. */
export type RewriteRow = RewriteRecord & { text: string; fingerprint: string | null }
export type JobRow = {
  id: string
  taskId: string
  projectId: string
  retryCount: number
  /** By the clock, in milliseconds: not before this a worker may take it. */
  dueMs: number
  /** By the clock, in milliseconds: until then it is one worker's own. Null when nobody holds it. */
  leasedUntilMs: number | null
  /** Its holder has been taken away or gave it back: the next fetch is another try. */
  triedBefore: boolean
}

type TablesOf<Kind extends 'rows' | 'committed' | 'staged'> = {
  workspaces: TableOf<Kind, WorkspaceRow>
  projects: TableOf<Kind, ProjectRecord>
  stages: TableOf<Kind, StageRecord>
  drafts: TableOf<Kind, DraftRecord>
  rewrites: TableOf<Kind, RewriteRow>
  tasks: TableOf<Kind, TaskRecord>
  taskStages: TableOf<Kind, TaskStageRecord>
  attempts: TableOf<Kind, AttemptRecord>
  calls: TableOf<Kind, CallRecord>
  providers: TableOf<Kind, ProviderRecord>
  files: TableOf<Kind, FileRecord>
  jobs: TableOf<Kind, JobRow>
  processors: TableOf<Kind, ProcessorRecord>
  outsideTasks: TableOf<Kind, OutsideTaskRecord>
  outsideMessages: TableOf<Kind, OutsideMessageRecord & { receivedAt: Date }>
  webhooks: TableOf<Kind, WebhookRecord>
  deliveries: TableOf<Kind, DeliveryRecord>
}
type TableOf<Kind, Row> = Kind extends 'committed'
  ? CommittedRows<Row>
  : Kind extends 'staged'
    ? StagedRows<Row>
    : Rows<Row>

export type Tables = TablesOf<'rows'>
export type CommittedTables = TablesOf<'committed'>
export type StagedTables = TablesOf<'staged'>

export function createTables(): CommittedTables {
  return {
    workspaces: new CommittedRows(),
    projects: new CommittedRows(),
    stages: new CommittedRows(),
    drafts: new CommittedRows(),
    rewrites: new CommittedRows(),
    tasks: new CommittedRows(),
    taskStages: new CommittedRows(),
    attempts: new CommittedRows(),
    calls: new CommittedRows(),
    providers: new CommittedRows(),
    files: new CommittedRows(),
    jobs: new CommittedRows(),
    processors: new CommittedRows(),
    outsideTasks: new CommittedRows(),
    outsideMessages: new CommittedRows(),
    webhooks: new CommittedRows(),
    deliveries: new CommittedRows(),
  }
}

export function stageTables(committed: CommittedTables): StagedTables {
  return {
    workspaces: new StagedRows(committed.workspaces),
    projects: new StagedRows(committed.projects),
    stages: new StagedRows(committed.stages),
    drafts: new StagedRows(committed.drafts),
    rewrites: new StagedRows(committed.rewrites),
    tasks: new StagedRows(committed.tasks),
    taskStages: new StagedRows(committed.taskStages),
    attempts: new StagedRows(committed.attempts),
    calls: new StagedRows(committed.calls),
    providers: new StagedRows(committed.providers),
    files: new StagedRows(committed.files),
    jobs: new StagedRows(committed.jobs),
    processors: new StagedRows(committed.processors),
    outsideTasks: new StagedRows(committed.outsideTasks),
    outsideMessages: new StagedRows(committed.outsideMessages),
    webhooks: new StagedRows(committed.webhooks),
    deliveries: new StagedRows(committed.deliveries),
  }
}

export function commitTables(staged: StagedTables): void {
  for (const table of Object.values(staged)) table.commit()
}

/** The key of a row that several fields name together. */
export function keyOf(...parts: (string | number)[]): string {
  return parts.join(' ')
}

/** The row that must be there, as a foreign key demands it. */
export function rowOf<Row>(rows: Rows<Row>, key: string, what: string): Row {
  const row = rows.get(key)
  if (row === undefined) throw new Error(`There is no ${what} ${key} in the memory storage.`)
  return row
}
