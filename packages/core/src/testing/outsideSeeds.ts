import type { Database } from '../ports/database.ts'
import { crypto, seedProject, seedTask, setStatus, trickyText } from './seeds.ts'

export const hour = 3_600_000

/** Processors, and tasks that wait for them; the database is asked for inside tests. */
export function outsideSeeds(database: () => Database) {
  async function seedProcessor(given: { stage?: string; active?: boolean } = {}) {
    const id = crypto.newId()
    const place = { pipeline: `p-${id}`, stage: 'rewrite', url: 'https://p.example', secretEncrypted: 's' }
    const processor = { id, ...place, active: true, timeLimitMs: hour, ...given }
    await database().insertProcessor(processor)
    return processor
  }

  async function seedOutside(timeLimitMs = hour) {
    const processor = await seedProcessor()
    const project = await seedProject(database(), { pipeline: processor.pipeline })
    const task = await seedTask(database(), project)
    await setStatus(database(), task.id, 'waiting')
    const outside = {
      id: crypto.newId(),
      taskId: task.id,
      projectId: project.projectId,
      stageKey: 'rewrite',
      attempt: 1,
      processorId: processor.id,
      kind: 'generated' as const,
      inputRewriteId: null,
      baseRewriteId: null,
      instruction: trickyText,
    }
    await database().transaction((tx) => tx.insertOutsideTask({ ...outside, timeLimitMs }))
    return { processor, project, task, outside }
  }

  return { seedProcessor, seedOutside }
}
