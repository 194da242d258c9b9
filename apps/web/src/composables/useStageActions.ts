import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { failureOf, useStudio, type RunRequest, type StageAddress, type StageEdit } from '../api/studio.ts'
import type { Failure, LiveTaskView } from '../types.ts'
import { makeKey } from './makeKey.ts'

/** The state shows what was asked for well within this; after it the screen shows what is. */
const shownWithinMs = 8_000

type Run = Omit<RunRequest, 'projectId' | 'idempotencyKey'>

/** What a user can do with a stage. `task` is the live task that has it. Each action answers true when it was taken. */
export function useStageActions(address: Ref<StageAddress>, task: Ref<LiveTaskView | null>) {
  const studio = useStudio()
  const { asked, expect } = useAsked(address, task)
  const problem = shallowRef<Failure | null>(null)
  const keys = createRunKeys()
  watch(
    () => address.value.stage,
    () => (problem.value = null),
  )

  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    problem.value = null
    try {
      await work()
      return true
    } catch (error) {
      asked.value = null
      problem.value = failureOf(error)
      return false
    }
  }

  async function start(run: Run): Promise<boolean> {
    if (asked.value !== null) return false
    if (run.stages !== 'rest') expect('start')
    return attempt(async () => {
      const { projectId } = address.value
      await studio.tasks.create({ projectId, idempotencyKey: keys.keyOf(projectId, run), ...run })
      keys.settle()
    })
  }

  return {
    asked,
    problem,
    dismiss: () => (problem.value = null),
    generate: (instruction: string) =>
      start({ stages: [address.value.stage], ...(instruction === '' ? {} : { instruction }) }),
    rewritePart: (part: string, instruction: string) =>
      start({ stages: [address.value.stage], part, ...(instruction === '' ? {} : { instruction }) }),
    continueFrom: (rewriteId: string) => start({ stages: [address.value.stage], continueFrom: rewriteId }),
    runAll: (options: { reviewEach: boolean }) => start({ stages: 'rest', reviewEach: options.reviewEach }),
    async stop(): Promise<boolean> {
      const target = task.value
      if (target === null || asked.value === 'stop') return false
      expect('stop')
      return attempt(() => studio.tasks.cancel(target.id))
    },
    async resume(): Promise<boolean> {
      const target = task.value
      return target !== null && attempt(() => studio.tasks.resume(target.id))
    },
    save: (edit: StageEdit) => attempt(() => studio.stages.edit({ ...address.value, ...edit })),
    accept: () => attempt(() => studio.stages.accept(address.value)),
    restore: (rewriteId: string) => attempt(() => studio.stages.restore(rewriteId)),
    takeCached: (rewriteId: string) => attempt(() => studio.stages.restore(rewriteId, address.value.projectId)),
  }
}

export type StageActions = ReturnType<typeof useStageActions>

/** What was asked for and is not yet seen in the project's state: the screen answers at once, the server a little later. */
function useAsked(address: Ref<StageAddress>, task: Ref<LiveTaskView | null>) {
  const asked = ref<'start' | 'stop' | null>(null)
  let giveUp: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(giveUp))
  watch(task, (now, before) => {
    if (asked.value === 'start' && now !== null) asked.value = null
    if (asked.value === 'stop' && (now === null || now.id !== before?.id || now.status === 'waiting'))
      asked.value = null
  })
  watch(
    () => address.value.stage,
    () => (asked.value = null),
  )
  /** The state may never show it: a run can be over before the page hears of it. */
  function expect(what: 'start' | 'stop'): void {
    asked.value = what
    clearTimeout(giveUp)
    giveUp = setTimeout(() => (asked.value = null), shownWithinMs)
  }
  return { asked, expect }
}

/** A repeat after an answer that was lost carries the same key, so that it can't start a second task. */
function createRunKeys() {
  let sent: { request: string; key: string } | null = null
  return {
    keyOf(projectId: string, run: Run): string {
      const request = JSON.stringify([projectId, run])
      if (sent?.request !== request) sent = { request, key: makeKey() }
      return sent.key
    },
    settle: () => (sent = null),
  }
}
