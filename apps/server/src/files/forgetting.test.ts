import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDatabase } from '@stagewright/db'
import { expect, it, onTestFinished } from 'vitest'
import { processCrypto } from '../clock.ts'
import { openServer } from '../testing/openServer.ts'

/** What a server that was killed in an upload, two hours ago, and a project removed eight days ago have left. */
async function leaveOld(dataDir: string, ids: { cut: string; owned: string; kept: string }): Promise<void> {
  const { pool, close } = await openDatabase({ dataDir, url: undefined })
  const [workspace, project] = [processCrypto.newId(), processCrypto.newId()]
  const fields = 'id, workspace_id, created_by, name, media_type, created_at'
  const stored = `, bytes, sha256, stored_at, project_id) VALUES`
  const owner = `'${workspace}', 'u', 'n', 'm', now() - interval`
  for (const statement of [
    `INSERT INTO workspaces (id, name) VALUES ('${workspace}', 'w')`,
    `INSERT INTO projects (id, workspace_id, created_by, pipeline, title, input, removed_at)
     VALUES ('${project}', '${workspace}', 'u', 'story', 't', '{}', now() - interval '8 days')`,
    `INSERT INTO files (${fields}) VALUES ('${ids.cut}', ${owner} '2 hours')`,
    `INSERT INTO files (${fields} ${stored} ('${ids.owned}', ${owner} '9 days', 1, 'h', now(), '${project}')`,
    `INSERT INTO files (${fields} ${stored} ('${ids.kept}', ${owner} '2 hours', 1, 'h', now(), NULL)`,
  ])
    await pool.query(statement)
  await close()
  for (const id of Object.values(ids)) {
    await mkdir(path.join(dataDir, 'files', id), { recursive: true })
    await writeFile(path.join(dataDir, 'files', id, id === ids.cut ? 'x.part' : 'content'), 'x')
  }
}

it('K7 K8 a server removes what is not needed beside its work, and stops in the middle of it', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stagewright-forgetting-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const ids = { cut: processCrypto.newId(), owned: processCrypto.newId(), kept: processCrypto.newId() }
  await leaveOld(dataDir, ids)
  const server = await openServer({ dataDir, forgetEveryMs: 5 })
  await expect.poll(() => readdir(path.join(dataDir, 'files'))).toEqual([ids.kept])
  await server.close()
  expect(server.logged().filter((line) => /"level":[45]0/.test(line))).toEqual([])
  const { pool, close } = await openDatabase({ dataDir, url: undefined })
  const left = await pool.query('SELECT id FROM files UNION ALL SELECT id FROM projects')
  await close()
  expect(left.rows).toEqual([{ id: ids.kept }])
}, 60_000)
