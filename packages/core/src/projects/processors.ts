import { AppError, notFound } from '../errors.ts'
import { requirePipeline, requireStage } from '../engine/pipelineParts.ts'
import { UniqueViolation, type ProcessorPatch } from '../ports.ts'
import type { OutsideAnswer } from '../ports/outside.ts'
import type { ProcessorRecord } from '../outsideRecords.ts'
import type { OutsideDeps } from './outsideDeps.ts'

export type NewProcessor = { pipeline: string; stage: string; url: string; timeLimitMs: number; active: boolean }

/** Which stages are done outside. For administrators: who may call this was looked at before. */
export type Processors = {
  list(): Promise<ProcessorRecord[]>
  /** The secret is answered once and never again. */
  create(processor: NewProcessor): Promise<{ id: string; secret: string }>
  update(id: string, patch: Omit<ProcessorPatch, 'removedAt'>): Promise<void>
  /** New tasks run here again; what waits for it goes on waiting, as long as its time limit says. */
  remove(id: string): Promise<void>
  /** Sends it a message that asks for nothing, and says what came back. */
  test(id: string, signal: AbortSignal): Promise<OutsideAnswer>
}

export function createProcessors(deps: OutsideDeps): Processors {
  const { database, outside, crypto, pipelines } = deps
  const requireProcessor = async (id: string): Promise<ProcessorRecord> => {
    const processor = await database.processor(id)
    if (processor === null || processor.removedAt !== null) throw notFound('processor', id)
    return processor
  }
  return {
    list: () => database.listProcessors(),
    async create(processor) {
      requireStage(requirePipeline(pipelines, processor.pipeline), processor.stage)
      requireUrl(deps, processor.url)
      const id = crypto.newId()
      const { secret, sealed } = outside.makeSecret(id)
      await refuseSecond(processor.stage, () => database.insertProcessor({ id, ...processor, secretEncrypted: sealed }))
      return { id, secret }
    },
    async update(id, patch) {
      const { stage } = await requireProcessor(id)
      if (patch.url !== undefined) requireUrl(deps, patch.url)
      await refuseSecond(stage, () => database.updateProcessor(id, patch))
    },
    async remove(id) {
      await requireProcessor(id)
      await database.updateProcessor(id, { active: false, removedAt: 'now' })
    },
    async test(id, signal) {
      const { url, secretEncrypted } = await requireProcessor(id)
      const owner = { kind: 'processor' as const, id, secretEncrypted }
      return outside.send(
        { id: crypto.newId(), url, owner, event: 'processor.test', createdAt: new Date(), data: {} },
        signal,
      )
    },
  }
}

export function requireUrl({ outside }: Pick<OutsideDeps, 'outside'>, url: string): void {
  const problem = outside.findProblem(url)
  if (problem === null) return
  throw new AppError('input.invalid', `The address can't be used: ${problem}.`, { params: { field: 'url', problem } })
}

async function refuseSecond<T>(stage: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error
    const problem = `stage ${stage} has an active processor already`
    const message = `${problem}. Switch that one off first.`
    throw new AppError('input.invalid', message, { params: { field: 'active', problem }, cause: error })
  }
}
