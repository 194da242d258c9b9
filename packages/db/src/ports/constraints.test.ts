// Each rule of the migration's SQL, proven by a write that must fail, past all our own code.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestDatabase, testDatabaseKinds, type TestDatabase } from '../testing/index.ts'

const ids = {
  workspace: randomUUID(),
  project: randomUUID(),
  task: randomUUID(),
  open: randomUUID(),
  closed: randomUUID(),
  file: randomUUID(),
  delivered: randomUUID(),
  processor: randomUUID(),
  outside: randomUUID(),
  webhook: randomUUID(),
}

const seeds = [
  `INSERT INTO workspaces (id, name) VALUES ('${ids.workspace}', 'w')`,
  `INSERT INTO memberships (workspace_id, user_id, role) VALUES ('${ids.workspace}', 'u', 'owner')`,
  `INSERT INTO projects (id, workspace_id, created_by, pipeline, title, input)
   VALUES ('${ids.project}', '${ids.workspace}', 'u', 'story', 't', '{}')`,
  `INSERT INTO stages (project_id, key, position) VALUES ('${ids.project}', 'a', 0), ('${ids.project}', 'b', 1)`,
  task(ids.task, `'running', NULL, NULL`),
  `INSERT INTO task_stages (task_id, key, position) VALUES ('${ids.task}', 'a', 0)`,
  `INSERT INTO attempts (task_id, attempt, worker_id) VALUES ('${ids.task}', 1, 'w')`,
  rewrite(ids.open, 1, `NULL, NULL, NULL, NULL`),
  rewrite(ids.closed, 2, `'text', 'hash', 'complete', now()`),
  `INSERT INTO chunks (rewrite_id, "offset", attempt, length, text) VALUES ('${ids.open}', 0, 1, 3, 'abc')`,
  `INSERT INTO calls (id, task_id, attempt, stage_key, created_by, provider_id, provider_name, model, messages)
   VALUES ('${ids.task}', '${ids.task}', 1, 'a', 'u', 'p', 'P', 'm', '[]')`,
  `INSERT INTO drafts (project_id, stage_key, user_id, text) VALUES ('${ids.project}', 'a', 'u', 'd')`,
  `INSERT INTO providers (id, name, base_url, api_key_encrypted, models, active, origin, weight)
   VALUES ('p', 'P', 'u', 'k', '[]', true, 'user', 1)`,
  file(ids.file, `NULL, NULL, NULL, NULL, NULL`),
  file(ids.delivered, `'${ids.project}', '${ids.closed}', 3, 'hash', now()`),
  processor(ids.processor),
  outsideTask(ids.outside),
  `INSERT INTO outside_messages (outside_task_id, message_id, accepted) VALUES ('${ids.outside}', 'm', true)`,
  `INSERT INTO webhooks (id, workspace_id, created_by, url, events, secret_encrypted)
   VALUES ('${ids.webhook}', '${ids.workspace}', 'u', 'u', '{task.failed}', 's')`,
  delivery(`'webhook', NULL, NULL, '${ids.webhook}'`),
  delivery(`'job', '${ids.processor}', '${ids.outside}', NULL`),
]

/** `state` is status, ended_at, failure. */
function task(id: string, state: string, given: { workspace?: string; key?: string } = {}): string {
  return `INSERT INTO tasks (id, workspace_id, project_id, created_by, stages, request_hash, inputs, event_seq, idempotency_key,
    status, ended_at, failure) VALUES ('${id}', '${given.workspace ?? ids.workspace}', '${ids.project}', 'u', '{a}', 'h', '{}', 1,
    ${given.key ? `'${given.key}'` : 'NULL'}, ${state})`
}

/** `state` is text, sha256, ending, closed_at. */
function rewrite(id: string, no: number, state: string): string {
  return `INSERT INTO rewrites (id, project_id, stage_key, no, kind, attempt, spans, text, sha256, ending, closed_at)
    VALUES ('${id}', '${ids.project}', 'a', ${no}, 'generated', 1, '[]', ${state})`
}

/** `state` is project_id, rewrite_id, bytes, sha256, stored_at. */
function file(id: string, state: string): string {
  return `INSERT INTO files (id, workspace_id, created_by, name, media_type, project_id, rewrite_id, bytes, sha256, stored_at)
    VALUES ('${id}', '${ids.workspace}', 'u', 'n', 'm', ${state})`
}

function processor(id: string): string {
  return `INSERT INTO processors (id, pipeline, stage, url, secret_encrypted, active, time_limit_ms)
    VALUES ('${id}', 'story', 'a', 'u', 's', true, 1)`
}

function outsideTask(id: string): string {
  return `INSERT INTO outside_tasks (id, task_id, project_id, stage_key, attempt, processor_id, kind, deadline_at)
    VALUES ('${id}', '${ids.task}', '${ids.project}', 'a', 1, '${ids.processor}', 'generated', now())`
}

/** `target` is kind, processor, outside task, webhook. */
function delivery(target: string): string {
  return `INSERT INTO deliveries (id, event, payload, give_up_at, kind, processor_id, outside_task_id, webhook_id)
    VALUES ('${randomUUID()}', 'e', '{}', now(), ${target})`
}

const fresh = () => randomUUID()

/** What must fail, and the name of the rule that refuses it. The statements before the last prepare and must succeed. */
const refusals: [rule: string, ...statements: string[]][] = [
  ['memberships_role_check', `UPDATE memberships SET role = 'king'`],
  ['stages_status_check', `UPDATE stages SET status = 'done!'`],
  ['rewrites_kind_check', `UPDATE rewrites SET kind = 'dreamt' WHERE id = '${ids.open}'`],
  ['rewrites_fingerprint_check', `UPDATE rewrites SET fingerprint = 'x' WHERE id = '${ids.open}'`],
  ['rewrites_ending_check', rewrite(fresh(), 9, `'text', 'hash', 'happy', now()`)],
  ['tasks_start_check', `UPDATE tasks SET part = '1', continue_from = '${ids.open}'`],
  ['tasks_start_check', `UPDATE tasks SET part = '1', stages = '{rewrite,camera}'`],
  ['tasks_status_check', `UPDATE tasks SET status = 'asleep'`],
  ['task_stages_score_check', `UPDATE task_stages SET score = 101`],
  ['task_stages_status_check', `UPDATE task_stages SET status = 'asleep'`],
  ['attempts_outcome_check', `UPDATE attempts SET outcome = 'odd', ended_at = now()`],
  ['calls_outcome_check', `UPDATE calls SET outcome = 'odd', ended_at = now()`],
  ['providers_origin_check', `UPDATE providers SET origin = 'heaven'`],
  ['outside_tasks_kind_check', `UPDATE outside_tasks SET kind = 'dreamt'`],
  ['outside_tasks_status_check', `UPDATE outside_tasks SET status = 'asleep', ended_at = now()`],
  ['webhooks_events_check', `UPDATE webhooks SET events = '{}'`],
  ['webhooks_events_check', `UPDATE webhooks SET events = '{task.dreamt}'`],
  ['webhooks_problem_check', `UPDATE webhooks SET problem = 'odd'`],
  ['webhooks_removed_check', `UPDATE webhooks SET removed_at = now()`],
  ['deliveries_status_check', `UPDATE deliveries SET status = 'lost', ended_at = now()`],
  ['deliveries_ended_check', `UPDATE deliveries SET status = 'delivered'`],
  ['deliveries_ended_check', `UPDATE deliveries SET ended_at = now()`],
  ['deliveries_kind_check', delivery(`'letter', NULL, NULL, '${ids.webhook}'`)],
  ['deliveries_kind_check', delivery(`'webhook', '${ids.processor}', '${ids.outside}', '${ids.webhook}'`)],
  ['deliveries_kind_check', delivery(`'job', '${ids.processor}', NULL, NULL`)],
  ['deliveries_kind_check', delivery(`'cancel', NULL, NULL, '${ids.webhook}'`)],
  ['tasks_outside_check', `UPDATE tasks SET outside = '{}'`],
  ['processors_time_limit_check', `UPDATE processors SET time_limit_ms = 0`],
  ['processors_removed_check', `UPDATE processors SET removed_at = now()`],
  ['processors_one_active_per_stage', processor(fresh())],
  ['outside_tasks_ended_check', `UPDATE outside_tasks SET status = 'done'`],
  ['outside_tasks_ended_check', `UPDATE outside_tasks SET ended_at = now()`],
  ['outside_tasks_one_open_per_task', outsideTask(fresh())],
  [
    'outside_tasks_ended_immutable',
    `UPDATE outside_tasks SET status = 'done', ended_at = now()`,
    `UPDATE outside_tasks SET status = 'failed'`,
  ],
  [
    'outside_messages_pkey',
    `INSERT INTO outside_messages (outside_task_id, message_id, accepted) VALUES ('${ids.outside}', 'm', false)`,
  ],
  ['workspaces_event_seq_check', `UPDATE workspaces SET event_seq = -1`],
  ['projects_revision_check', `UPDATE projects SET revision = -1`],
  ['projects_revision_check', `UPDATE projects SET last_rewrite_no = -1`],
  ['rewrites_no_check', `UPDATE rewrites SET no = 0 WHERE id = '${ids.open}'`],
  ['rewrites_attempt_check', `UPDATE rewrites SET attempt = -1 WHERE id = '${ids.open}'`],
  ['rewrites_length_check', `UPDATE rewrites SET length = -1 WHERE id = '${ids.open}'`],
  ['chunks_length_check', `UPDATE chunks SET length = 0`],
  ['chunks_length_check', `UPDATE chunks SET "offset" = -1`],
  ['chunks_attempt_check', `UPDATE chunks SET attempt = -1`],
  ['tasks_attempt_check', `UPDATE tasks SET attempt = -1`],
  ['attempts_attempt_check', `UPDATE attempts SET attempt = 0`],
  ['rewrites_closed_check', `UPDATE rewrites SET closed_at = now() WHERE id = '${ids.open}'`],
  ['rewrites_closed_check', `UPDATE rewrites SET closed_at = now(), text = '', sha256 = 'h' WHERE id = '${ids.open}'`],
  ['rewrites_closed_check', `UPDATE rewrites SET text = 'no hash' WHERE id = '${ids.open}'`],
  ['tasks_ended_check', `UPDATE tasks SET status = 'completed'`],
  ['tasks_ended_check', `UPDATE tasks SET ended_at = now()`],
  ['tasks_failure_check', `UPDATE tasks SET status = 'failed', ended_at = now()`],
  ['tasks_failure_check', `UPDATE tasks SET failure = '{}'`],
  ['attempts_ended_check', `UPDATE attempts SET outcome = 'completed'`],
  ['calls_ended_check', `UPDATE calls SET ended_at = now()`],
  ['tasks_one_running_per_project', task(fresh(), `'running', NULL, NULL`)],
  ['rewrites_one_open_per_project', rewrite(fresh(), 9, `NULL, NULL, NULL, NULL`)],
  ['rewrites_project_id_no_key', rewrite(fresh(), 2, `'text', 'hash', 'complete', now()`)],
  [
    'tasks_created_by_idempotency_key_key',
    task(fresh(), `'queued', NULL, NULL`, { key: 'k' }),
    task(fresh(), `'queued', NULL, NULL`, { key: 'k' }),
  ],
  [
    'workspaces_personal_of_key',
    ...[1, 2].map(() => `INSERT INTO workspaces (id, name, personal_of) VALUES ('${fresh()}', '', 'u')`),
  ],
  [
    'tasks_project_id_workspace_id_fkey',
    `INSERT INTO workspaces (id, name) VALUES ('${ids.open}', 'another')`,
    task(fresh(), `'queued', NULL, NULL`, { workspace: ids.open }),
  ],
  ...["status = 'queued', ended_at = NULL", `status = 'cancelled'`, 'prompt_tokens = 1', 'attempt = 5'].map(
    (change): [string, string, string] => [
      'tasks_ended_immutable',
      `UPDATE tasks SET status = 'completed', ended_at = now()`,
      `UPDATE tasks SET ${change}`,
    ],
  ),
  [
    'attempts_ended_immutable',
    `UPDATE attempts SET outcome = 'completed', ended_at = now()`,
    `UPDATE attempts SET outcome = NULL, ended_at = NULL`,
  ],
  ['rewrites_closed_immutable', `UPDATE rewrites SET text = 'other' WHERE id = '${ids.closed}'`],
  ['rewrites_closed_immutable', `UPDATE rewrites SET length = 1 WHERE id = '${ids.closed}'`],
  ['stages_own_rewrites', `UPDATE stages SET current_rewrite_id = '${ids.open}' WHERE key = 'a'`],
  ['stages_own_rewrites', `UPDATE stages SET current_rewrite_id = '${ids.closed}' WHERE key = 'b'`],
  ['stages_own_rewrites', `UPDATE stages SET last_rewrite_id = '${ids.open}' WHERE key = 'b'`],
  ['stages_own_rewrites', `UPDATE stages SET last_rewrite_id = '${fresh()}' WHERE key = 'a'`],
  [
    'stages_current_rewrite_id_fkey',
    `UPDATE stages SET current_rewrite_id = '${ids.closed}' WHERE key = 'a'`,
    `DELETE FROM rewrites WHERE id = '${ids.closed}'`,
  ],
  ['files_format_check', `UPDATE files SET format = 'exe'`],
  ['files_bytes_check', `UPDATE files SET bytes = -1 WHERE id = '${ids.delivered}'`],
  ['files_name_check', `UPDATE files SET name = ''`],
  ['files_stored_check', `UPDATE files SET stored_at = now() WHERE id = '${ids.file}'`],
  ['files_stored_check', `UPDATE files SET bytes = 3, stored_at = now() WHERE id = '${ids.file}'`],
  ['files_stored_check', `UPDATE files SET sha256 = NULL WHERE id = '${ids.delivered}'`],
  ['files_owner_check', `UPDATE files SET project_id = '${ids.project}' WHERE id = '${ids.file}'`],
  ['files_owner_check', `UPDATE files SET rewrite_id = '${ids.open}' WHERE id = '${ids.file}'`],
  ['files_rewrite_id_key', file(fresh(), `'${ids.project}', '${ids.closed}', 3, 'hash', now()`)],
  ['files_workspace_id_fkey', `DELETE FROM projects`, `DELETE FROM workspaces`],
  ['files_project_id_fkey', file(fresh(), `'${fresh()}', NULL, 3, 'hash', now()`)],
  ['rewrites_project_id_stage_key_fkey', `UPDATE rewrites SET stage_key = 'none' WHERE id = '${ids.open}'`],
]

describe.each(testDatabaseKinds)('the rules of the database on %s', (kind) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    for (const seed of seeds) await database.pool.query(seed)
  })
  afterAll(() => database?.close())

  /** Runs the statements in a transaction that is always rolled back; gives the name of the rule that refused the last. */
  async function refusalOf(statements: readonly string[]): Promise<string | null> {
    const client = await database.pool.connect()
    try {
      await client.query('BEGIN')
      for (const statement of statements.slice(0, -1)) await client.query(statement)
      return await client.query(statements.at(-1)!).then(
        () => null,
        (error: { constraint?: string; message: string }) => error.constraint ?? error.message,
      )
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  }

  it.each(refusals)('D2 %s', async (rule, ...statements) => {
    expect(await refusalOf(statements)).toBe(rule)
  })

  it('let an ended task be hidden, counted as changed and its key be forgotten', async () => {
    const allowed = 'removed_at = now(), event_seq = 7, idempotency_key = NULL, updated_at = now()'
    const end = `UPDATE tasks SET status = 'cancelled', ended_at = now()`
    expect(await refusalOf([end, `UPDATE tasks SET ${allowed}`])).toBeNull()
  })

  it('let a stage point at its own rewrites', async () => {
    const pointers = `current_rewrite_id = '${ids.closed}', last_rewrite_id = '${ids.open}'`
    expect(await refusalOf([`UPDATE stages SET ${pointers} WHERE key = 'a'`])).toBeNull()
  })

  it('remove all that belongs to a project with it', async () => {
    const left = [
      'stages',
      'rewrites',
      'chunks',
      'drafts',
      'tasks',
      'task_stages',
      'attempts',
      'calls',
      'outside_tasks',
      'outside_messages',
    ].map((table) => `SELECT 1 FROM ${table}`)
    const pointers = `current_rewrite_id = '${ids.closed}', last_rewrite_id = '${ids.open}'`
    const refusal = await refusalOf([
      `UPDATE stages SET ${pointers} WHERE key = 'a'`,
      `UPDATE rewrites SET task_id = '${ids.task}' WHERE id = '${ids.open}'`,
      `DELETE FROM projects WHERE id = '${ids.project}'`,
      `SELECT 1 / (CASE WHEN EXISTS (${left.join(' UNION ALL ')}) THEN 0 ELSE 1 END)`,
    ])
    expect(refusal).toBeNull()
  })

  it('D2 K8 keep the files of a project that is gone, so that their contents are found', async () => {
    const refusal = await refusalOf([
      `DELETE FROM projects WHERE id = '${ids.project}'`,
      `SELECT 1 / (SELECT count(*) FROM files WHERE id = '${ids.delivered}' AND project_id IS NULL)`,
    ])
    expect(refusal).toBeNull()
  })

  it('say of each index what it is for', async () => {
    const { rows } = await database.pool.query<{ name: string; purpose: string | null }>(
      `SELECT c.relname AS name, obj_description(c.oid) AS purpose FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND NOT i.indisprimary`,
    )
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter((row) => row.purpose === null)).toEqual([])
  })
})
